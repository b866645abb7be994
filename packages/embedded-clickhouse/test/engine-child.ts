import { openEngine } from '../src/index.ts';

/** Opens the engine on the directory it is given and says how that went, one JSON line; ends when its input ends. */
const directory = process.argv[2]!;
try {
  const engine = await openEngine({ directory });
  process.stdout.write(`${JSON.stringify({ url: engine.url, writer: engine.writer })}\n`);
  process.stdin.resume();
  process.stdin.once('end', () => void engine.close());
} catch (error) {
  const { code, message } = error as { code: string; message: string };
  process.stdout.write(`${JSON.stringify({ code, message })}\n`);
  process.exitCode = 1;
}

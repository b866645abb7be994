import { openEngine } from '@droplens/embedded-clickhouse';

/** An engine in a process of its own, for tests that kill it: says on one line where it listens, ends when its stdin does. */
const engine = await openEngine({ directory: process.argv[2] ?? '' });
process.stdout.write(`${JSON.stringify({ url: engine.url, ...engine.writer })}\n`);
process.stdin.resume();
process.stdin.once('end', () => {
  engine.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});

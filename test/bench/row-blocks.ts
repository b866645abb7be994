import { open } from 'node:fs/promises';
import { RowWriter } from '@droplens/pipeline';

/** Parses a log file as the collector does, a megabyte at a time, and hands over full blocks of row text. */
export async function* eachBlock(path: string): AsyncGenerator<{ text: Uint8Array; rows: number }> {
  const file = await open(path);
  const writer = new RowWriter({ host: 'bench', timeZone: 'UTC' });
  const chunk = Buffer.allocUnsafe(1 << 20);
  let kept = 0;
  let offset = 0;
  for (;;) {
    const { bytesRead } = await file.read(chunk, kept, chunk.length - kept, null);
    if (bytesRead === 0) break;
    const end = kept + bytesRead;
    const whole = chunk.lastIndexOf(10, end - 1) + 1;
    let from = writer.write(chunk, 0, end, offset, Date.now());
    while (from < whole) {
      yield writer.take();
      from = writer.write(chunk, from, end, offset + from, Date.now());
    }
    chunk.copyWithin(0, from, end);
    offset += from;
    kept = end - from;
  }
  if (writer.rows > 0) yield writer.take();
  await file.close();
}

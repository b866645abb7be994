import { open } from 'node:fs/promises';

const chunkBytes = 256 * 1024;
/** No line of these files is longer; the rest of a longer one is not looked at. */
const longestLine = 4096;

/** How reading a file ended: to its end, at the bound, or not at all (`ENOENT`, `EACCES` …). */
export type ReadEnd = { readonly whole: boolean } | { readonly error: string };

/**
 * Shows each line of a file of `/proc` or `/etc`, at most `limit` bytes of it, a piece at a time: a table of connections may be long, and
 * others are to have their turn in between. Never throws for what is in the way of reading.
 */
export async function eachLine(path: string, limit: number, visit: (line: string) => void): Promise<ReadEnd> {
  try {
    const file = await open(path, 'r');
    try {
      const buffer = Buffer.allocUnsafe(chunkBytes);
      let rest = '';
      for (let read = 0; read < limit;) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(chunkBytes, limit - read), null);
        read += bytesRead;
        const lines = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
        rest = (lines.pop() ?? '').slice(0, longestLine);
        for (const line of lines) visit(line.slice(0, longestLine));
        if (bytesRead === 0) {
          if (rest !== '') visit(rest);
          return { whole: true };
        }
      }
      return { whole: false };
    } finally {
      await file.close();
    }
  } catch (error) {
    return { error: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}

import { safeText } from '../terminal/safe-text.ts';

/** Lines of text from a database, each made harmless for a terminal. */
export async function* escapeOnTerminal(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield `${safeText(line)}\n`;
  }
  if (rest !== '') yield `${safeText(rest)}\n`;
}

import { pause } from '@droplens/runtime';

/** Yields the pieces of `stream` as they come, and null whenever nothing came for `ms`; ends with the stream or when `signal` aborts. */
export async function* timedChunks(
  stream: AsyncIterable<Uint8Array>,
  ms: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer | null> {
  const iterator = stream[Symbol.asyncIterator]();
  let next = iterator.next();
  try {
    while (!signal.aborted) {
      const waited = new AbortController();
      const end = (): void => waited.abort();
      signal.addEventListener('abort', end, { once: true });
      const result = await Promise.race([next, pause(ms, waited.signal).then(() => null)]);
      signal.removeEventListener('abort', end);
      waited.abort();
      if (result === null) {
        yield null;
        continue;
      }
      if (result.done === true) return;
      next = iterator.next();
      const { value } = result;
      yield Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
  } finally {
    next.catch(() => undefined); // nobody waits for it any more
  }
}

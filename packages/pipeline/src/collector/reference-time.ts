/** The time (ms) against which a stamp without a year is understood: a file's last write, or now where the file's time cannot be true. */
export function referenceTime(mtimeMs: number): number {
  const now = Date.now();
  return mtimeMs > Date.UTC(2001, 0) && mtimeMs < now ? mtimeMs : now;
}

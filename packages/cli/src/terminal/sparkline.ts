const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** One bar per value, scaled to the largest; nothing is the lowest bar, and anything at all is higher than nothing. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(0, ...values);
  return values.map((value) => bars[value <= 0 ? 0 : Math.max(1, Math.round((value / most) * (bars.length - 1)))]).join('');
}

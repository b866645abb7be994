/** Lines per second are a mean over this long. */
const rateMs = 10_000;

/** How fast a counter grows, as a person wants to see it: a mean over the last ten seconds. */
export class LineRate {
  readonly #samples: { readonly at: number; readonly lines: number }[] = [];

  /** Takes the counter as it stands at `now` (milliseconds); lines per second, 0 at first. */
  sample(now: number, lines: number): number {
    this.#samples.push({ at: now, lines });
    while (this.#samples.length > 2 && now - this.#samples[0]!.at > rateMs) this.#samples.shift();
    const oldest = this.#samples[0]!;
    const seconds = (now - oldest.at) / 1000;
    return seconds > 0 ? (lines - oldest.lines) / seconds : 0;
  }
}

/** `11:32:07`, of this machine's zone. */
export function clockText(time: Date): string {
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

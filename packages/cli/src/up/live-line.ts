import { LineRate, clockText } from '../terminal/line-rate.ts';
import { grouped, rate, share, span } from '../terminal/numbers.ts';
import { cutText } from '../terminal/safe-text.ts';
import type { Up } from './composition.ts';

/** Totals are a question to the database: asked seldom, and only when something came. */
const askMs = 5_000;

/** What the live line shows. */
export interface LiveFigures {
  readonly time: Date;
  readonly linesPerSecond: number;
  readonly packetsToday: number;
  readonly sourcesToday: number;
  /** How long the oldest row waits for the database. */
  readonly lagMs: number;
  readonly unreadBytes: number;
  /** Lines known to be missing today. */
  readonly missing: number;
  /** Sources that cannot be read at the moment. */
  readonly problems: readonly string[];
}

/** What `up` shows in a terminal, second by second. */
export class LiveLine {
  readonly #up: Up;
  readonly #rate = new LineRate();
  #today = { packets: 0, sources: 0, missing: 0 };
  #asked = 0;
  #askedLines = -1;
  #asking: Promise<void> = Promise.resolve();

  constructor(up: Up) {
    this.#up = up;
  }

  text(width: number): string {
    const now = Date.now();
    const { lines, lagBytes, sources } = this.#up.collector.status();
    this.#ask(now, lines);
    const { oldest: waiting } = this.#up.spool.pending();
    return liveText(
      {
        time: new Date(now),
        linesPerSecond: this.#rate.sample(now, lines),
        packetsToday: this.#today.packets,
        sourcesToday: this.#today.sources,
        lagMs: waiting === null ? 0 : Math.max(0, now - waiting),
        unreadBytes: lagBytes,
        missing: this.#today.missing,
        problems: sources.flatMap(({ problem }) => (problem === null ? [] : [problem])),
      },
      width,
    );
  }

  /** Resolves when no question to the database is under way. */
  async settled(): Promise<void> {
    await this.#asking;
  }

  #ask(now: number, lines: number): void {
    if (lines === this.#askedLines || now - this.#asked < askMs) return;
    this.#asked = now;
    // what still waits for the database is not in the answer: then it is asked again
    this.#askedLines = this.#up.spool.pending().oldest === null ? lines : -1;
    const midnight = new Date(now).setHours(0, 0, 0, 0);
    this.#asking = this.#up.store
      .overview(midnight)
      .then(
        ({ packets, sources, undercount }) => {
          this.#today = { packets, sources, missing: undercount.missing };
        },
        // a database that does not answer is told by the loader; the figures stay as they were
        () => (this.#askedLines = -1),
      )
      .then(() => undefined);
  }
}

/** `11:32:07   38 lines/s   1,204,331 today   2,911 sources   lag 0.4 s   undercount 0.8 %`, cut to `width` columns. */
export function liveText(figures: LiveFigures, width: number): string {
  const { time, linesPerSecond, packetsToday, sourcesToday, lagMs, unreadBytes, missing, problems } = figures;
  const parts = [
    clockText(time),
    `${rate(linesPerSecond)} lines/s`,
    `${grouped(packetsToday)} today`,
    `${grouped(sourcesToday)} sources`,
    `lag ${span(lagMs)}${unreadBytes > 100_000 ? ' and more unread' : ''}`,
    `undercount ${share(missing, packetsToday + missing).replace('–', '0 %')}`,
    ...(problems.length > 0 ? [`cannot read: ${problems.join('; ')}`] : []),
  ];
  return cutText(parts.join('   '), width);
}

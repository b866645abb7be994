import { grouped, rate, share, span } from '../terminal/numbers.ts';
import { cutText } from '../terminal/safe-text.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Up } from './composition.ts';

const drawMs = 1000;
/** Totals are a question to the database: asked seldom, and only when something came. */
const askMs = 5_000;
/** Lines per second are a mean over this long. */
const rateMs = 10_000;

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

/** One line at the bottom of the terminal that is redrawn every second; other output goes above it. */
export class LiveLine {
  readonly #terminal: Terminal;
  readonly #samples: { at: number; lines: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #shown = '';
  #today = { packets: 0, sources: 0, missing: 0 };
  #asked = 0;
  #askedLines = -1;
  #asking: Promise<void> = Promise.resolve();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Begins to show how `up` does. */
  follow(up: Up): void {
    this.#timer = setInterval(() => this.#tick(up), drawMs);
    this.#tick(up);
  }

  /** Writes something above the line. */
  interrupt(text: string): void {
    this.#terminal.note(`${this.#shown === '' ? '' : '\r\u001b[K'}${text}${this.#shown}`);
  }

  /** Leaves the line as it stands. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#shown !== '') this.#terminal.note('\n');
    this.#shown = '';
    await this.#asking;
  }

  #tick(up: Up): void {
    const now = Date.now();
    const { lines, lagBytes, sources } = up.collector.status();
    this.#ask(up, now, lines);
    this.#samples.push({ at: now, lines });
    while (this.#samples.length > 2 && now - this.#samples[0]!.at > rateMs) this.#samples.shift();
    const [oldest] = this.#samples;
    const seconds = oldest === undefined ? 0 : (now - oldest.at) / 1000;
    const { oldest: waiting } = up.spool.pending();
    const text = liveText(
      {
        time: new Date(now),
        linesPerSecond: seconds > 0 ? (lines - oldest!.lines) / seconds : 0,
        packetsToday: this.#today.packets,
        sourcesToday: this.#today.sources,
        lagMs: waiting === null ? 0 : Math.max(0, now - waiting),
        unreadBytes: lagBytes,
        missing: this.#today.missing,
        problems: sources.flatMap(({ problem }) => (problem === null ? [] : [problem])),
      },
      this.#terminal.noteColumns - 1,
    );
    this.#terminal.note(`\r\u001b[K${text}`);
    this.#shown = text;
  }

  #ask(up: Up, now: number, lines: number): void {
    if (lines === this.#askedLines || now - this.#asked < askMs) return;
    this.#asked = now;
    // what still waits for the database is not in the answer: then it is asked again
    this.#askedLines = up.spool.pending().oldest === null ? lines : -1;
    const midnight = new Date(now).setHours(0, 0, 0, 0);
    this.#asking = up.store
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
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
  const parts = [
    clock,
    `${rate(linesPerSecond)} lines/s`,
    `${grouped(packetsToday)} today`,
    `${grouped(sourcesToday)} sources`,
    `lag ${span(lagMs)}${unreadBytes > 100_000 ? ' and more unread' : ''}`,
    `undercount ${share(missing, packetsToday + missing).replace('–', '0 %')}`,
    ...(problems.length > 0 ? [`cannot read: ${problems.join('; ')}`] : []),
  ];
  return cutText(parts.join('   '), width);
}

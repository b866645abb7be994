import { bytes, grouped, rate, span } from './numbers.ts';
import { cutText } from './safe-text.ts';
import type { Terminal } from './terminal.ts';

/** Where a long piece of work stands. */
export interface Progress {
  /** What is being worked on, safe text. */
  readonly name: string;
  readonly done: number;
  /** In the unit of `done`; 0 when unknown. */
  readonly total: number;
  readonly lines: number;
}

const redrawMs = 100;
const reportMs = 5000;

/** Shows progress on stderr: a bar that is redrawn on a terminal, a plain line every few seconds otherwise. */
export class ProgressBar {
  readonly #terminal: Terminal;
  readonly #began: number;
  readonly #now: () => number;
  #shown: number;
  #drawn = false;

  constructor(terminal: Terminal, now: () => number = Date.now) {
    this.#terminal = terminal;
    this.#now = now;
    this.#began = now();
    this.#shown = terminal.interactiveNotes ? 0 : this.#began;
  }

  /** Call it as often as you like. */
  update(progress: Progress): void {
    const now = this.#now();
    if (now - this.#shown < (this.#terminal.interactiveNotes ? redrawMs : reportMs)) return;
    this.#shown = now;
    const text = progressText(progress, now - this.#began, this.#terminal.interactiveNotes ? this.#terminal.noteColumns : 200);
    if (this.#terminal.interactiveNotes) {
      this.#terminal.note(`\r\u001b[K${text}`);
      this.#drawn = true;
    } else this.#terminal.note(`${text}\n`);
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#drawn) this.#terminal.note('\r\u001b[K');
    this.#drawn = false;
  }
}

/** `kern.log  ████████░░░░  62 %  412,331 lines  81,204 lines/s  12 s left`. */
export function progressText({ name, done, total, lines }: Progress, elapsedMs: number, width: number): string {
  const seconds = Math.max(0.001, elapsedMs / 1000);
  const part = total > 0 ? Math.min(1, done / total) : 0;
  const left = part > 0.01 ? `${span((elapsedMs * (1 - part)) / part)} left` : '';
  const figures = [
    total > 0
      ? `${Math.floor(part * 100)
          .toString()
          .padStart(3)} %`
      : bytes(done),
    `${grouped(lines)} lines`,
    `${rate(lines / seconds)} lines/s`,
    left,
  ].filter((text) => text !== '');
  const tail = figures.join('  ');
  const room = width - tail.length - 4;
  const cells = Math.max(0, Math.min(24, Math.floor(room / 2)));
  const full = Math.round(part * cells);
  const bar = cells >= 8 && total > 0 ? `${'█'.repeat(full)}${'░'.repeat(cells - full)}  ` : '';
  return cutText(`${cutText(name, Math.max(8, room - bar.length))}  ${bar}${tail}`, width - 1);
}

import type { Terminal } from './terminal.ts';

const drawMs = 1000;

/** One line at the bottom of the terminal that is drawn again every second; other output goes above it. */
export class StatusLine {
  readonly #terminal: Terminal;
  #timer: NodeJS.Timeout | undefined;
  #shown = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Begins to show what `text` says, which must fit the given columns. */
  follow(text: (columns: number) => string): void {
    const draw = (): void => {
      this.#shown = text(this.#terminal.noteColumns - 1);
      this.#terminal.note(`\r\u001b[K${this.#shown}`);
    };
    this.#timer = setInterval(draw, drawMs);
    draw();
  }

  /** Writes something above the line. */
  interrupt(text: string): void {
    this.#terminal.note(`${this.#shown === '' ? '' : '\r\u001b[K'}${text}${this.#shown}`);
  }

  /** Leaves the line as it stands. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#shown !== '') this.#terminal.note('\n');
    this.#shown = '';
  }
}

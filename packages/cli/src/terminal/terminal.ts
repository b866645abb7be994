import type { Environment } from '../environment.ts';
import { colored, plain, wantsColor, type Paint } from './color.ts';

/** The reader of stdout went away (`| head`): no failure, only a reason to stop. */
export class PipeClosed extends Error {
  constructor() {
    super('the reader of the output went away');
    this.name = 'PipeClosed';
  }
}

/** Stdout takes no more, because a disk is full for example. */
export class OutputFailed extends Error {
  constructor(cause: Error) {
    super(`standard output: ${cause.message}`, { cause });
    this.name = 'OutputFailed';
  }
}

/** Where a command writes: answers to stdout, everything else to stderr, so that pipes stay clean. */
export class Terminal {
  readonly paint: Paint;
  readonly paintNote: Paint;
  /** Whether a person looks at stdout, and at stderr. */
  readonly interactive: boolean;
  readonly interactiveNotes: boolean;
  readonly #columns: number | undefined;
  /** Why nothing more can be written. */
  #closed: PipeClosed | OutputFailed | undefined;
  #written = 0;
  #wake: (() => void) | undefined;

  constructor(environment: Environment) {
    const { variables } = environment;
    this.interactive = process.stdout.isTTY;
    this.interactiveNotes = process.stderr.isTTY;
    this.paint = wantsColor(variables, this.interactive) ? colored : plain;
    this.paintNote = wantsColor(variables, this.interactiveNotes) ? colored : plain;
    const columns = Number(variables['COLUMNS']);
    this.#columns = Number.isInteger(columns) && columns >= 20 && columns <= 1000 ? columns : undefined;
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      const gone = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
      this.#closed ??= gone ? new PipeClosed() : new OutputFailed(error);
      this.#wake?.();
    });
    process.stdout.on('drain', () => this.#wake?.());
    // nothing is left to be said to somebody who no longer listens
    process.stderr.on('error', () => undefined);
  }

  /** Columns to fill: the terminal's own, COLUMNS, or 80. */
  get columns(): number {
    if (this.interactive) return Math.max(20, process.stdout.columns || 80);
    return this.#columns ?? 80;
  }

  /** Columns of the terminal that stderr is. */
  get noteColumns(): number {
    return this.interactiveNotes ? Math.max(20, process.stderr.columns || 80) : (this.#columns ?? 80);
  }

  get rows(): number {
    return Math.max(5, process.stdout.rows || 24);
  }

  /** How much has been written to stdout. */
  get written(): number {
    return this.#written;
  }

  /** Writes to stdout; resolves when there is room for more, rejects with PipeClosed when nobody reads, with OutputFailed when it cannot be written. */
  async write(text: string | Uint8Array): Promise<void> {
    if (this.#closed !== undefined) throw this.#closed;
    this.#written += text.length;
    if (process.stdout.write(text)) {
      // a closed pipe is only told on a later turn
      if (this.#closed !== undefined) throw this.#closed;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#closed !== undefined || !process.stdout.writableNeedDrain) resolve();
    });
    this.#wake = undefined;
    if (this.#closed !== undefined) throw this.#closed;
  }

  /** Resolves when all that was written has been taken; rejects with OutputFailed when it was not. */
  async end(): Promise<void> {
    // what the last write met is only told on a later turn
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#closed instanceof OutputFailed) throw this.#closed;
  }

  /** Writes to stderr. */
  note(text: string): void {
    process.stderr.write(text);
  }
}

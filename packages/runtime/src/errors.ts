/**
 * Every error that droplens raises on purpose: a code, what to do with it, and what a person can do about it.
 * The table is closed; `docs/errors.md` is generated from it.
 *
 * - `retry`: the condition may pass; try again in place with backoff, which exerts backpressure.
 * - `discard`: this piece of data is bad; count it, keep it aside, go on.
 * - `fatal`: log once and exit non-zero; a supervisor or a person must act.
 */
export type Disposition = 'retry' | 'discard' | 'fatal';

interface ErrorEntry {
  readonly disposition: Disposition;
  /** When it is raised, one sentence. */
  readonly meaning: string;
  /** What the person who sees it can do, in the imperative. */
  readonly remedy: string;
}

export const errorTable = {
  DL_CONFIG_INVALID: {
    disposition: 'fatal',
    meaning: 'The configuration has an unknown key or a value of the wrong form.',
    remedy: 'correct the named key; `droplens config print` shows what is in force',
  },
  DL_USAGE: {
    disposition: 'fatal',
    meaning: 'A command was called with arguments that do not fit.',
    remedy: 'see `droplens <command> --help`',
  },
  DL_DATA_DIRECTORY: {
    disposition: 'fatal',
    meaning: 'The data directory cannot be created, read or written.',
    remedy: 'give a directory this user may write with --data, or correct its owner and permissions',
  },
  DL_DISK_FULL: {
    disposition: 'retry',
    meaning: 'The disk under the data directory is full; nothing accepted is lost, reading waits.',
    remedy: 'free some space; droplens goes on by itself',
  },
  DL_INTERNAL: {
    disposition: 'fatal',
    meaning: 'droplens met a state it has no answer for.',
    remedy: 'report it with the log lines before it',
  },
} as const satisfies Record<string, ErrorEntry>;

/** The closed set of error codes. */
export type ErrorCode = keyof typeof errorTable;

/** An error with a code of the table; `message` names the thing (which file, which key) and what is wrong with it. */
export class DroplensError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'DroplensError';
    this.code = code;
  }

  /** What its handler must do. */
  get disposition(): Disposition {
    return errorTable[this.code].disposition;
  }

  /** What a person can do about it. */
  get remedy(): string {
    return errorTable[this.code].remedy;
  }
}

/** The disposition of anything thrown: what is not ours is unknown, and unknown is fatal. */
export function dispositionOf(error: unknown): Disposition {
  return error instanceof DroplensError ? error.disposition : 'fatal';
}

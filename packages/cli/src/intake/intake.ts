import type { Reporter } from '@droplens/runtime';
import type { DeadLetters, TransportWriter } from '@droplens/transport';
import type { Configuration } from '../config/schema.ts';

export interface IntakeOptions {
  readonly config: Configuration;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** What became of the rows that a command handed over. */
export interface Stored {
  /** Rows that are new in the store. */
  readonly rows: number;
  /** Their event times, milliseconds; null when there are none. */
  readonly span: { readonly first: number; readonly last: number } | null;
  /** Rows that were put aside, because the database cannot hold them. */
  readonly dead: number;
  /** The process that loaded them; null when it was this one. */
  readonly by: number | null;
}

/** What takes over the rows of one command, and knows who stores them. */
export interface Intake {
  readonly writer: TransportWriter;
  readonly dead: DeadLetters;
  /** Where the rows wait for loaders elsewhere; null when they are stored for this command. */
  readonly elsewhere: string | null;
  /** Throws when nobody will store what is handed over. */
  check(): void;
  /**
   * Resolves when all that was handed over is stored, by whoever stores it, or (null) at once where loaders elsewhere do. Rejects when nobody will.
   * `onWaiting` is told now and then how many bytes of rows still wait.
   */
  stored(onWaiting?: (bytes: number) => void): Promise<Stored | null>;
  close(): Promise<void>;
}

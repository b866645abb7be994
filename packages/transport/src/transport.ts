/**
 * The contract between collectors and the loader. Every driver (`spool`, `kafka`) runs one conformance suite.
 * The acknowledgement travels with the data: a resolved `append` means durable, a resolved handler means loaded.
 */

/** A stretch of one source: which lines it covers, whether or not they were firewall lines. Ranges of an epoch tile it. */
export interface Range {
  /** Log source of a machine: UInt64 as decimal text. */
  readonly stream: string;
  /** One life of that source (a file between rotations, a boot): UInt64 as decimal text, opaque. */
  readonly epoch: string;
  /** The previous range's `last` + 1. */
  readonly first: number;
  /** Position of the last line covered: byte offset of its end in a file, sequence number in kmsg and journald. */
  readonly last: number;
  /** Rows in it: 0 or more; a repeated line is several rows of one position. */
  readonly rows: number;
}

/** A range with its rows as TabSeparated text, one `\n` after each; columns in the order of `rowColumns` (pipeline/record). */
export interface RowBlock extends Range {
  readonly text: Uint8Array;
}

/** What was never logged, or logged only as a number; (stream, epoch, position, cause) is its identity, so a re-send is harmless. */
export interface UndercountRow {
  readonly stream: string;
  readonly epoch: string;
  readonly position: number;
  /** Milliseconds since 1970, UTC. */
  readonly time: number;
  readonly host: string;
  /** Closed list, kebab-case, see netfilter-log `UndercountCause`. */
  readonly cause: string;
  /** Lines or packets known to be missing; 0 = unknown number. */
  readonly count: number;
}

/** A stream's health, cumulative since its epoch began: the row with the highest position is the truth. */
export interface StatusRow {
  readonly stream: string;
  readonly epoch: string;
  readonly position: number;
  readonly time: number;
  readonly host: string;
  /** What a person calls it: a path, `kmsg`, `journald`, `stdin`. */
  readonly source: string;
  readonly lines: number;
  readonly records: number;
  /** Rejected lines by reason of the closed list. */
  readonly rejected: Readonly<Record<string, number>>;
}

/** One thing that `append` makes durable. Status and undercount go with or without rows. */
export interface Append {
  readonly blocks: readonly RowBlock[];
  readonly undercounts: readonly UndercountRow[];
  readonly statuses: readonly StatusRow[];
}

/** The collector's side. One writer per state directory. */
export interface TransportWriter {
  /**
   * Resolves when everything in it survives a crash of every process and a power loss. Rejects with a DroplensError whose disposition says what to do;
   * after a rejection it is unknown whether it was stored: append the same lines again, with other borders if you like.
   */
  append(append: Append): Promise<void>;
  close(): Promise<void>;
}

/** What the loader works on: one batch and the means to make its loading repeatable. */
export interface Delivery extends Append {
  /** What an interrupted earlier try fixed; null on the first try. The spool fixes `loadedAt` when it writes the file. */
  readonly intent: Intent | null;
  /** Makes the intent durable before the insert. Rejects when this process no longer owns the batch: then insert nothing. */
  saveIntent(intent: Intent): Promise<void>;
  /** Aborts when the batch is lost to somebody else. */
  readonly signal: AbortSignal;
}

/** What must be the same on every try of one batch. */
export interface Intent {
  /** Milliseconds since 1970: the batch's load time, on which its partition and so its deduplication depend. */
  readonly loadedAt: number;
  /** Hash of what remained after cutting what the ledger covers; null while it is not planned yet. */
  readonly token: string | null;
}

/** The loader's side. */
export interface TransportReader {
  /**
   * Hands over deliveries in order, one at a time per partition, until `signal` aborts. The handler resolves = loaded, never handed over again;
   * it rejects with a `retry` disposition = handed over again after a backoff; with any other = `run` rejects with it.
   */
  run(handler: (delivery: Delivery) => Promise<void>, signal: AbortSignal): Promise<void>;
}

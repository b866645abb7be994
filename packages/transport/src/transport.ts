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

/**
 * A range with its rows as TabSeparated text, one `\n` after each; columns in the order of `rowColumns` (pipeline/record).
 * Positions do not decrease from row to row and lie within [first, last]; rows of one position are in one block.
 */
export interface RowBlock extends Range {
  readonly text: Uint8Array;
}

/**
 * A block, and so a batch, never holds more: what is loaded in one insert must be one block of the database. The insert's pinned settings
 * (no parallel parsing, blocks of up to 1,048,449 rows and 256 MiB) give that with room to spare, and a batch this large
 * costs the database half of what four smaller ones do.
 */
export const batchLimits = { rows: 200_000, bytes: 32 * 1024 * 1024 } as const;

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

/** An address that is delivered to a host, or a whole range of them. */
export interface OwnAddress {
  readonly address: string;
  /** How many of its bits are fixed: all (32, 128) for one address, fewer for a range. */
  readonly bits: number;
  /** Prefix length of the network it lies in, as far as known; else as `bits`. */
  readonly prefix: number;
  /** Empty when not known. */
  readonly interface: string;
}

/** A port that packets from elsewhere reach a program at; those bound to loopback are none. */
export interface ListeningPort {
  readonly proto: 'TCP' | 'UDP';
  /** `0.0.0.0` and `::` stand for every address of the host; `::` usually for IPv4, too. */
  readonly address: string;
  readonly port: number;
}

/** What a host may know about itself. */
export const factNames = ['addresses', 'gateways', 'resolvers', 'listening', 'contacted'] as const;
export type FactName = (typeof factNames)[number];

/** What a host knows about itself. Addresses are text, IPv4 dotted, IPv6 as in RFC 5952. */
export interface KnownFacts {
  readonly addresses: readonly OwnAddress[];
  readonly gateways: readonly string[];
  readonly resolvers: readonly string[];
  readonly listening: readonly ListeningPort[];
  /** Why a fact is missing or not whole: then an empty list does not mean "none". */
  readonly absent: Readonly<Partial<Record<FactName, string>>>;
}

/** A remote to which a host began a connection; an inbound connection makes nobody one. */
export interface ContactedRemote {
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly last: number;
}

/**
 * What a host says about itself: on every change, and again at least every hour. (host, since) is its identity, and of one identity the last row
 * is the truth, so a re-send is harmless. `facts` is always whole; `contacted` is not: it holds whom it has not told
 * of before (all within a day). A host's rows must arrive in order.
 */
export interface HostRow {
  readonly host: string;
  /** Since when the facts are as they are: milliseconds since 1970. */
  readonly since: number;
  /** When they were last found to be so. */
  readonly time: number;
  readonly facts: KnownFacts;
  /** At most `mostContacted` in one row. */
  readonly contacted: readonly ContactedRemote[];
}

/** Keeps a row below 256 KiB of JSON; who has more to tell appends several rows. */
export const mostContacted = 1000;

/** One thing that `append` makes durable. Status, undercount and hosts go with or without rows, and may be delivered apart from them. */
export interface Append {
  readonly blocks: readonly RowBlock[];
  readonly undercounts: readonly UndercountRow[];
  readonly statuses: readonly StatusRow[];
  readonly hosts: readonly HostRow[];
}

/** How an `append` behaves when the transport is full (the spool's bound, a broker that does not answer). */
export interface AppendOptions {
  /**
   * `wait` (the default): wait for room; right for sources that keep their lines (files).
   * `reject`: reject at once with DL_TRANSPORT_FULL (retry); right for sources that must go on reading to measure what they lose.
   */
  readonly whenFull?: 'wait' | 'reject';
  /** Ends the waiting: `append` rejects with DL_TRANSPORT_FULL and nothing was stored. */
  readonly signal?: AbortSignal;
}

/** The collector's side. One writer per state directory. */
export interface TransportWriter {
  /** Takes what it needs (lock, connection) and finds out early whether appending can work. The first `append` does it otherwise. */
  open(): Promise<void>;
  /**
   * Resolves when everything in it survives a crash of every process and a power loss. Rejects with a DroplensError whose disposition says what to do;
   * after a rejection it is unknown whether it was stored: append the same lines again, with other borders if you like.
   * At most one append per stream at a time; several streams may append side by side.
   */
  append(append: Append, options?: AppendOptions): Promise<void>;
  /** Lets appends under way end, then gives everything back. May be called twice. */
  close(): Promise<void>;
}

/** A row that cannot be loaded, and why. */
export interface DeadRow {
  readonly stream: string;
  readonly epoch: string;
  /** Null when the row has no readable position. */
  readonly position: number | null;
  /** Why, in a few words of a closed list or the database's own. */
  readonly reason: string;
  /** The row as it came, without its newline. */
  readonly row: Uint8Array;
}

/** What the loader works on: one batch and the means to make its loading repeatable. */
export interface Delivery extends Append {
  /** Where it comes from, for people: the spool's lane, a topic's partition; few different texts. */
  readonly origin: string;
  /**
   * Changes whenever others may have loaded since the delivery before (a rebalance, a new run): what is remembered of the ledger must be
   * read anew then.
   */
  readonly claim: number;
  /** What an interrupted earlier try fixed; null on the first try. The spool fixes `loadedAt` when it writes the file. */
  readonly intent: Intent | null;
  /**
   * False when the batch of `intent` cannot be read again (the broker's retention was shorter than the outage): `blocks` is empty then,
   * and the batch counts as loaded only if the ledger holds the intent's token. Always true for the spool.
   */
  readonly rebuilt: boolean;
  /** Makes the intent durable before the insert. Rejects when this process no longer owns the batch: then insert nothing. */
  saveIntent(intent: Intent): Promise<void>;
  /** Keeps all rows of the batch aside that cannot be loaded, in one call. Durable when it resolves; the same rows of the same batch again add nothing. */
  bury(rows: readonly DeadRow[]): Promise<void>;
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

/** What waits to be loaded, as far as this process knows. */
export interface Backlog {
  /** Spool files, or messages. */
  readonly files: number;
  readonly bytes: number;
  /** When the oldest of it was appended (milliseconds since 1970); null when nothing waits. */
  readonly oldest: number | null;
}

/** The loader's side. */
export interface TransportReader {
  /**
   * Hands over deliveries in order, one at a time per partition, until `signal` aborts; resolves when the last handler has settled.
   * An interrupted delivery is always the first that is handed over again, before any other that may hold the same lines.
   * The handler resolves = loaded, never handed over again; it rejects with a `retry` disposition = handed over again after a backoff;
   * with any other = `run` rejects with it and the delivery stays. After an abort the handler may reject with anything.
   */
  run(handler: (delivery: Delivery) => Promise<void>, signal: AbortSignal): Promise<void>;
  backlog(): Backlog;
}

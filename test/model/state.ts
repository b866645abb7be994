import type { Bounds } from './rules.ts';

/** Lines as a bit set: line `n` (from 1) of stream `s` is bit s × lines + n − 1. */
export type Lines = number;

/** One message of the log, or one file of the spool. */
export interface Message {
  readonly stream: number;
  readonly first: number;
  readonly last: number;
  /** Its timestamp: in which life of the topic it was appended (or, if the rule says so, sent). */
  readonly life: number;
  /** Spool: the load time, fixed when the file is written. */
  readonly day: number;
}

export interface Collectors {
  /** Per stream: the last line acknowledged, which is the checkpoint, too. */
  readonly read: readonly number[];
  /** Sent, not acknowledged, not yet arrived. */
  readonly delayed: readonly { readonly partition: number; readonly message: Message }[];
  /** Number of partitions that the configuration names. */
  readonly configured: number;
}

export interface Log {
  readonly life: number;
  /** Number of partitions that the metadata names. */
  readonly count: number;
  /** `base`: offset of the first message that is left. */
  readonly partitions: readonly { readonly base: number; readonly messages: readonly Message[] }[];
}

/** A batch under way: offsets [from..to] of a partition and what of them is to be stored. */
export interface Batch {
  readonly from: number;
  readonly to: number;
  readonly day: number;
  readonly sum: string;
  readonly token: string;
  readonly lines: Lines;
}

/** What outlives loaders: per partition who has it and what was committed. */
export interface Group {
  readonly owner: readonly number[];
  readonly committed: readonly ({ readonly offset: number; readonly intent: Batch | null } | null)[];
  /** Spool: the lane that is being read, as the disk has it. */
  readonly lane: number;
}

/** How far a loader is with a partition. */
export type Stage =
  | 'assigned'
  | 'interrupted'
  | 'asked'
  | 'replanned'
  | 'ready'
  | 'planned'
  | 'inserting'
  | 'recording'
  | 'recorded'
  | 'stopped';

/** A partition in the hands of a loader. */
export interface Claim {
  readonly partition: number;
  readonly stage: Stage;
  /** The group has a newer generation, whether or not the loader knows it. */
  readonly fenced: boolean;
  /** Next offset to load. */
  readonly offset: number;
  readonly batch: Batch | null;
  /** What the loader believes to be loaded, per stream; −1 = it would ask. */
  readonly view: readonly Lines[];
  /** What the view becomes when the batch is recorded. */
  readonly after: readonly Lines[] | null;
}

/** A request that the database has accepted. */
export interface Request {
  /** Index of the claim that waits for it, or −1. */
  readonly claim: number;
  readonly kind: 'rows' | 'ledger';
  readonly batch: Batch;
  /** The table that is next. */
  readonly at: number;
}

export interface Table {
  readonly once: Lines;
  readonly twice: Lines;
  /** Ids remembered, oldest first: the partition and the token. */
  readonly ids: readonly string[];
}

export interface Ledger {
  readonly rows: readonly { readonly token: string; readonly lines: Lines }[];
  readonly ids: readonly string[];
}

export interface State {
  readonly collectors: Collectors;
  readonly log: Log;
  readonly group: Group;
  /** Loader l's claim of partition p is number l × partitions + p; the spool's one loader has one claim. */
  readonly claims: readonly (Claim | null)[];
  /** Per loader what it believes to be loaded, per stream, when that is kept by the process. */
  readonly views: readonly (readonly Lines[])[];
  readonly requests: readonly Request[];
  readonly raw: Table;
  readonly rollup: Table;
  readonly ledger: Ledger;
  readonly time: { readonly day: number; readonly faults: number };
}

export function initialState(bounds: Bounds): State {
  const { streams, partitions, loaders, faults, transport } = bounds;
  const each = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
  const spool = transport === 'spool';
  const table: Table = { once: 0, twice: 0, ids: [] };
  const configured = bounds.possible.some((fault) => fault.includes('partition added') || fault.startsWith('reconfigured'))
    ? 1
    : partitions;
  return {
    collectors: { read: each(streams, 0), delayed: [], configured },
    log: { life: 0, count: configured, partitions: each(partitions, { base: 0, messages: [] }) },
    group: { owner: each(partitions, 0).map((_, p) => p % loaders), committed: each(partitions, null), lane: -1 },
    claims: each(spool ? 1 : loaders * partitions, null),
    views: each(loaders, each(streams, -1)),
    requests: [],
    raw: table,
    rollup: table,
    ledger: { rows: [], ids: [] },
    time: { day: 0, faults },
  };
}

/** The lines `first` to `last` of a stream. */
export function linesOf(bounds: Bounds, range: { stream: number; first: number; last: number }): Lines {
  return ((1 << range.last) - (1 << (range.first - 1))) << (range.stream * bounds.lines);
}

/** All lines of a stream. */
export function streamLines(bounds: Bounds, stream: number): Lines {
  return linesOf(bounds, { stream, first: 1, last: bounds.lines });
}

export function allLines({ streams, lines }: Bounds): Lines {
  return (1 << (streams * lines)) - 1;
}

/** A copy of an array with one element replaced. */
export function withAt<T>(list: readonly T[], index: number, value: T): T[] {
  const copy = [...list];
  copy[index] = value;
  return copy;
}

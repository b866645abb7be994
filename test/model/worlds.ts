import type { Bounds } from './rules.ts';

const kafka = { transport: 'kafka', streams: 1, lines: 2, partitions: 1, loaders: 2, batch: 2 } as const;

/** Processes that die, messages and requests that take too long. */
const processes = ['send times out', 'loader crashes', 'rebalance', 'server dies', 'insert times out', 'midnight'] as const;

/** The worlds in which the protocol must hold: each is small, and has the faults that matter to each other. */
export const worlds = {
  'every fault of processes': { ...kafka, faults: 2, possible: processes },
  'three lines': { ...kafka, lines: 3, faults: 2, possible: ['send times out', 'loader crashes', 'server dies'] },
  'three faults': {
    ...kafka,
    faults: 3,
    possible: ['loader crashes', 'rebalance', 'server dies', 'insert times out', 'midnight'],
  },
  'two streams in two partitions': {
    ...kafka,
    streams: 2,
    lines: 1,
    partitions: 2,
    faults: 1,
    possible: processes,
  },
  'offsets and topics': {
    ...kafka,
    loaders: 1,
    faults: 3,
    possible: ['send times out', 'import', 'loader crashes', 'offsets reset', 'topic re-created'],
  },
  'a topic re-created under two streams': {
    ...kafka,
    streams: 2,
    loaders: 1,
    batch: 1,
    faults: 2,
    possible: ['import', 'topic re-created'],
  },
  retention: {
    ...kafka,
    loaders: 1,
    faults: 3,
    possible: ['send times out', 'import', 'loader crashes', 'retention'],
    mayStop: true,
  },
  'retention in a re-created topic': {
    ...kafka,
    lines: 3,
    loaders: 1,
    faults: 3,
    possible: ['import', 'topic re-created', 'retention'],
    mayStop: true,
  },
  'partitions added': {
    ...kafka,
    partitions: 2,
    faults: 2,
    possible: ['send times out', 'loader crashes', 'rebalance', 'partition added', 'reconfigured'],
  },
  'a stream moves away and back': {
    ...kafka,
    partitions: 3,
    batch: 1,
    faults: 3,
    possible: ['send times out', 'import', 'reconfigured'],
  },
  'spool, two lanes': {
    ...kafka,
    transport: 'spool',
    partitions: 2,
    loaders: 1,
    batch: 1,
    faults: 2,
    possible: ['send times out', 'import', 'loader crashes', 'server dies', 'insert times out', 'midnight'],
  },
} as const satisfies Record<string, Bounds>;

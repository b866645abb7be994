import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetfilterRecord, ParseOptions, RejectReason, UndercountCause } from '@droplens/netfilter-log';

/** One line of a `.log` with what the line of the same number in the `.ndjson` beside it says that it must give. */
export interface CorpusEntry {
  readonly line: string;
  readonly case: string;
  /** Columns that are not named are 0 or ''; `time` and `host` only count where the line says them. */
  readonly record?: Partial<NetfilterRecord>;
  readonly reason?: RejectReason;
  readonly undercount?: { readonly cause: UndercountCause; readonly count: number };
  readonly repeated?: number;
  readonly options?: ParseOptions;
}

/** What lines without a time of their own are read with. */
export const referenceTime = Date.UTC(2026, 10, 21, 12);
export const bootTime = Date.UTC(2026, 10, 20);

/** The names of the corpora. */
export const corpora = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.log'))
  .map((file) => file.slice(0, -'.log'.length));

/** Those that a kernel printed. */
export const captured = corpora.filter((name) => name.startsWith('kernel-'));

/** All entries of a corpus; throws where lines and expectations do not pair up. */
export function readCorpus(name: string): CorpusEntry[] {
  const read = (suffix: string): string[] =>
    readFileSync(join(import.meta.dirname, name + suffix), 'utf8')
      .trimEnd()
      .split('\n');
  const lines = read('.log');
  const expected = read('.ndjson').map((text) => JSON.parse(text) as Omit<CorpusEntry, 'line'>);
  if (lines.length !== expected.length) throw new Error(`${name}: ${lines.length} lines, ${expected.length} expectations`);
  return expected.map((each, index) => ({ ...each, line: lines[index] ?? '' }));
}

const blank: Omit<NetfilterRecord, 'time' | 'host'> = {
  prefix: '',
  action: 'unknown',
  direction: 'in',
  in_iface: '',
  out_iface: '',
  src: '',
  dst: '',
  proto: '',
  src_port: 0,
  dst_port: 0,
  length: 0,
  ttl: 0,
  ip_id: 0,
  tcp_flags: 0,
  window: 0,
  icmp_type: 0,
  icmp_code: 0,
  extra: '',
};

/** The whole record that an entry demands; what its line does not say of time and host is given. */
export function wholeRecord(record: Partial<NetfilterRecord>, unsaid: { time: number; host: string }): NetfilterRecord {
  return { ...blank, ...unsaid, ...record };
}

/** The time of a line of /dev/kmsg, or the reference time for others. */
export function timeOf(name: string, line: string): number {
  return name.startsWith('kernel-') ? bootTime + Math.floor(Number(line.split(',')[2]) / 1000) : referenceTime;
}

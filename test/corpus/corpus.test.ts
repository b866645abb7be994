import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type NetfilterRecord,
  type ParseOptions,
  parseLine,
  type RejectReason,
  type UndercountCause,
} from '@droplens/netfilter-log';
import { describe, expect, it } from 'vitest';

/** One line of a `.ndjson` beside a `.log`: what the line of the same number must give. */
interface Expected {
  readonly case: string;
  /** Columns that are not named are 0 or ''; `time` and `host` only count where the line says them. */
  readonly record?: Partial<NetfilterRecord>;
  readonly reason?: RejectReason;
  readonly undercount?: { readonly cause: UndercountCause; readonly count: number };
  readonly repeated?: number;
  readonly options?: ParseOptions;
}

const referenceTime = Date.UTC(2026, 10, 21, 12);
const bootTime = Date.UTC(2026, 10, 20);

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

function readCorpus(name: string): (Expected & { readonly line: string })[] {
  const read = (suffix: string): string[] =>
    readFileSync(join(import.meta.dirname, name + suffix), 'utf8')
      .trimEnd()
      .split('\n');
  const lines = read('.log');
  const expected = read('.ndjson').map((text) => JSON.parse(text) as Expected);
  if (lines.length !== expected.length) throw new Error(`${name}: ${lines.length} lines, ${expected.length} expectations`);
  return expected.map((each, index) => ({ ...each, line: lines[index] ?? '' }));
}

const corpora = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.log'))
  .map((file) => file.slice(0, -'.log'.length));
const captured = corpora.filter((name) => name.startsWith('kernel-'));

/** What the parser must answer; a line without a time or a host of its own gets the given ones. */
function outcomeOf(entry: Expected, unsaid: { time: number; host: string }): object {
  const { record, undercount, reason, repeated = 1 } = entry;
  if (record !== undefined) return { ok: true, repeated, record: { ...blank, ...unsaid, ...record } };
  return undercount === undefined ? { ok: false, reason } : { ok: false, reason: null, undercount };
}

/** What a record of /dev/kmsg says about its time. */
const kmsgTime = (line: string): number => bootTime + Math.floor(Number(line.split(',')[2]) / 1000);

describe.each(corpora)('%s', (name) => {
  const entries = readCorpus(name);

  it.each(entries)('$case', (entry) => {
    const { line, options } = entry;
    const result = parseLine(line, { referenceTime, bootTime, host: 'here', ...options });
    const time = name.startsWith('kernel-') ? kmsgTime(line) : referenceTime;
    expect(result).toMatchObject(outcomeOf(entry, { time, host: 'here' }));
  });
});

/** The ways in which the same kernel text reaches a file, with what they say of time and host. */
const framings: readonly (readonly [name: string, head: string, host: string, time: number])[] = [
  ['bare text', '', 'here', referenceTime],
  ['dmesg', '[ 1234.567890] ', 'here', bootTime + 1_234_567],
  ['dmesg --raw', '<4>[ 1234.567890] ', 'here', bootTime + 1_234_567],
  ['RFC 3164', 'Nov 20 23:59:59 fw-1 kernel: [ 1234.567890] ', 'fw-1', Date.UTC(2026, 10, 20, 23, 59, 59)],
  ['RFC 3164, no kernel clock', 'Nov  2 03:04:05 fw-1 kernel: ', 'fw-1', Date.UTC(2026, 10, 2, 3, 4, 5)],
  ['RFC 3339', '2026-11-20T23:59:59.123456+01:00 fw-1 kernel: ', 'fw-1', Date.UTC(2026, 10, 20, 22, 59, 59, 123)],
  ['RFC 5424', '<4>1 2026-11-20T23:59:59.5Z fw-1 kernel - - - ', 'fw-1', Date.UTC(2026, 10, 20, 23, 59, 59, 500)],
];

const decode = (text: string): string =>
  Buffer.from(
    text.replaceAll(/\\x([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
    'latin1',
  ).toString('utf8');

describe.each(captured)('%s in other framings', (name) => {
  const entries = readCorpus(name);

  it.each(framings)('%s', (_, head, host, time) => {
    for (const entry of entries) {
      const text = decode(entry.line.slice(entry.line.indexOf(';') + 1));
      const result = parseLine(head + text, { referenceTime, bootTime, host: 'here' });
      expect({ case: entry.case, ...result }).toMatchObject({ case: entry.case, ...outcomeOf(entry, { time, host }) });
    }
  });
});

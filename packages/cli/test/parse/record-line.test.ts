import { type NetfilterRecord, parseLine } from '@droplens/netfilter-log';
import { recordToJson } from '@droplens/pipeline';
import { generate } from '@droplens/traffic';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corpora, readCorpus, referenceTime } from '../../../../test/corpus/read-corpus.ts';
import { ndjsonLine } from '../../src/output/row-format.ts';
import { RecordLine } from '../../src/parse/record-line.ts';

function recordOf(line: string): NetfilterRecord | null {
  const result = parseLine(line, { referenceTime, host: 'here' });
  return result.ok ? result.record : null;
}

/** The lines that differ from the slow, obvious way. Each is asked for twice: as one that comes first and as one that came before. */
function differing(records: readonly NetfilterRecord[]): { readonly fast: string; readonly slow: string }[] {
  const line = new RecordLine();
  return [...records, ...records]
    .map((record) => ({ fast: `{${line.textOf(record)}`, slow: ndjsonLine(recordToJson(record)) }))
    .filter(({ fast, slow }) => fast !== slow);
}

const isRecord = (record: NetfilterRecord | null): record is NetfilterRecord => record !== null;
const corpus = corpora.flatMap((name) => readCorpus(name).map(({ line }) => recordOf(line))).filter(isRecord);

/** Words of `extra`, among them such as no kernel prints. */
const word = fc.oneof(
  fc.constantFrom('MAC=', 'DF', 'MF', 'FRAG:185', 'FRAG:0', 'ID:', 'OPT', '(94040000)', 'OPT (0A', 'INCOMPLETE', '[8', 'bytes]'),
  fc.constantFrom('[SRC=1.2.3.4', 'PROTO=TCP', 'SYN', ']', 'Unknown Ext 7', 'LEN=8', 'TYPE=3', 'RES=0x00', 'URGP=0', 'POINTER=1'),
  fc.constantFrom('TIME=1', 'EXTRA=2', '7=8', '__PROTO__=1', 'TOJSON=1', '=', 'MARK=0x1f', 'UID=0', 'MACSRC=a', 'LEN=007'),
  fc.constantFrom('MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00', 'SEQ=\u202e"', '\u{e0001}', '\\', 'SEQ=12345678901234567'),
  fc.tuple(fc.constantFrom('ID', 'SEQ', 'ACK', 'LEN', 'FLOWLBL'), fc.nat()).map(([key, value]) => `${key}=${value}`),
);

describe('RecordLine', () => {
  it('says what JSON.stringify says of each line of the corpora', () => {
    expect(corpus.length).toBeGreaterThan(500);
    expect(differing(corpus)).toEqual([]);
  });

  it('says the same of generated traffic', () => {
    const events = generate({ seed: 5, start: Date.UTC(2026, 10, 20), durationSeconds: 86_400, linesPerSecond: 0.2 });
    const records = [...events].map(({ line }) => recordOf(line)).filter(isRecord);
    expect(records.length).toBeGreaterThan(10_000);
    expect(differing(records)).toEqual([]);
  });

  it('says the same of records such as no line gives', () => {
    const text = fc.string({ unit: 'binary', maxLength: 12 });
    const time = fc.oneof(
      fc.integer({ min: -8.64e15, max: 8.64e15 }),
      fc.double({ min: -1e12, max: 1e13, noNaN: true }),
      fc.integer({ min: Date.UTC(2026, 10, 20), max: Date.UTC(2026, 10, 20, 0, 2) }),
    );
    const change = fc.record({
      time,
      host: text,
      prefix: text,
      in_iface: text,
      out_iface: text,
      proto: fc.constantFrom('', 'TCP', 'UDP', 'ICMP', 'ICMPv6', '136', '2'),
      src_port: fc.constantFrom(0, 53),
      dst_port: fc.constantFrom(0, 65535),
      tcp_flags: fc.integer({ min: 0, max: 255 }),
      icmp_type: fc.constantFrom(0, 3),
      icmp_code: fc.constantFrom(0, 255),
      extra: fc.array(fc.oneof({ weight: 9, arbitrary: word }, text), { maxLength: 8 }).map((words) => words.join(' ')),
    });
    const records = fc.array(
      fc.tuple(fc.constantFrom(...corpus), change).map(([record, changes]): NetfilterRecord => ({ ...record, ...changes })),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(records, (each) => {
        expect(differing(each)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('goes on when more texts came than are kept', () => {
    const [record] = corpus;
    const records = Array.from({ length: 6000 }, (_, number) => ({ ...record!, host: `h${number}`, extra: `SEQ=${number}` }));
    expect(differing(records)).toEqual([]);
  });
});

import type { NetfilterRecord } from '@droplens/netfilter-log';
import { type JsonValue, readRow, recordToJson, RowWriter } from '@droplens/pipeline';
import { describe, expect, it } from 'vitest';
import { bootTime, corpora, type CorpusEntry, readCorpus, referenceTime, timeOf, wholeRecord } from './read-corpus.ts';

interface PlacedRecord {
  readonly position: number;
  readonly record: NetfilterRecord;
}

/** The rows that a file of these lines must give: a repeated line gives several, all at the offset where the line ends. */
function expectedRows(name: string, entries: readonly CorpusEntry[]): PlacedRecord[] {
  let position = 0;
  return entries.flatMap(({ line, record, repeated = 1 }) => {
    position += Buffer.byteLength(line) + 1;
    if (record === undefined) return [];
    const whole = wholeRecord(record, { time: timeOf(name, line), host: 'here' });
    return Array.from({ length: repeated }, () => ({ position, record: whole }));
  });
}

/** Writes the lines as one file in pieces of `size` bytes, with blocks of `maxRows` rows; the rows read back. */
function writtenRows(entries: readonly CorpusEntry[], size: number, maxRows: number): (PlacedRecord | null)[] {
  const writer = new RowWriter({ host: 'here', bootTime, maxRows });
  const bytes = Buffer.from(entries.map(({ line }) => `${line}\n`).join(''));
  const rows: string[] = [];
  const take = (): void => void rows.push(...Buffer.from(writer.take().text).toString('utf8').split('\n').slice(0, -1));
  let from = 0;
  let to = Math.min(size, bytes.length);
  while (from < bytes.length) {
    const after = writer.write(bytes, from, to, from, referenceTime);
    const lineEnd = bytes.indexOf(0x0a, after);
    if (after < to && lineEnd >= 0 && lineEnd < to) take();
    from = after;
    to = Math.min(to + size, bytes.length);
  }
  take();
  return rows.map(readRow);
}

/** Lines that are read with options of their own (a zone, another year) are `corpus.test.ts`'s. */
const entriesOf = (name: string): CorpusEntry[] => readCorpus(name).filter(({ options }) => options === undefined);

describe.each(corpora)('the rows of %s', (name) => {
  it.each([
    ['in one piece', 1 << 24, 50_000],
    ['in pieces of 1,000 bytes', 1000, 50_000],
    ['in blocks of 10 rows', 1 << 24, 10],
  ])('hold every column of every record, %s', (_, size, maxRows) => {
    const entries = entriesOf(name);
    expect(writtenRows(entries, size, maxRows)).toEqual(expectedRows(name, entries));
  });
});

/** Values of the JSON as text, those of lists one by one. */
const valuesOf = (json: Readonly<Record<string, JsonValue>>): string[] =>
  Object.values(json).flatMap((value) => (typeof value === 'object' ? (value ?? []) : [String(value)]));

describe.each(corpora)('the NDJSON of %s', (name) => {
  const records = entriesOf(name).flatMap(({ case: what, record }) =>
    record === undefined ? [] : [{ case: what, record: wholeRecord(record, { time: referenceTime, host: 'here' }) }],
  );

  it.each(records)('$case: the columns under their names', ({ record }) => {
    const json = recordToJson(record);
    const { time, tcp_flags, ...same } = record;
    expect(json['time']).toBe(new Date(time).toISOString());
    const unlike = Object.entries(same).filter(([key, value]) => json[key] !== value && !(json[key] === null && value === 0));
    expect(unlike).toEqual([]);
    expect((json['tcp_flags'] as string[] | null)?.length ?? 0).toBe(tcp_flags.toString(2).replaceAll('0', '').length);
  });

  it.each(records)('$case: nothing of extra is lost', ({ record }) => {
    const said = valuesOf(recordToJson(record));
    // the quoted packet's own words too
    const values = [...record.extra.matchAll(/[A-Z]+[=:]([^\s\]]+)/g)].map((match) => match[1] ?? '');
    expect(values.filter((value) => !said.some((each) => each === value || each.includes(value)))).toEqual([]);
  });

  it.each(records.filter(({ record }) => record.extra.includes('[SRC=')))('$case: the quoted packet apart', ({ record }) => {
    const [, src, dst] = /\[SRC=(\S+) DST=(\S+)/.exec(record.extra) ?? [];
    expect(recordToJson(record)).toMatchObject({ src: record.src, dst: record.dst, inner_src: src, inner_dst: dst });
  });
});

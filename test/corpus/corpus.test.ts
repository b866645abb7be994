import { parseLine } from '@droplens/netfilter-log';
import { describe, expect, it } from 'vitest';
import { bootTime, captured, corpora, type CorpusEntry, readCorpus, referenceTime, timeOf, wholeRecord } from './read-corpus.ts';

/** What the parser must answer; a line without a time or a host of its own gets the given ones. */
function outcomeOf(entry: CorpusEntry, unsaid: { time: number; host: string }): object {
  const { record, undercount, reason, repeated = 1 } = entry;
  if (record !== undefined) return { ok: true, repeated, record: wholeRecord(record, unsaid) };
  return undercount === undefined ? { ok: false, reason } : { ok: false, reason: null, undercount };
}

describe.each(corpora)('%s', (name) => {
  const entries = readCorpus(name);

  it.each(entries)('$case', (entry) => {
    const { line, options } = entry;
    const result = parseLine(line, { referenceTime, bootTime, host: 'here', ...options });
    expect(result).toMatchObject(outcomeOf(entry, { time: timeOf(name, line), host: 'here' }));
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

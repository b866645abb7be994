import { LineScanner, parseLine, scanned } from '@droplens/netfilter-log';
import { cellsOf } from '@droplens/pipeline';
import { generate } from '@droplens/traffic';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corpora, readCorpus, referenceTime } from '../../../../test/corpus/read-corpus.ts';
import { JsonRows } from '../../src/parse/json-rows.ts';
import { OutputBytes } from '../../src/parse/output-bytes.ts';
import { RecordLine } from '../../src/parse/record-line.ts';

const host = 'zurück "1"';
const opening = '{"file":"é","line":';

/** Each line through both ways, thrice, so that what came before is known; those that differ, and how many needed no record. */
function compare(lines: readonly string[]): { readonly differing: unknown[]; readonly taken: number } {
  const scanner = new LineScanner();
  const rows = new JsonRows(host);
  const record = new RecordLine();
  const out = new OutputBytes();
  const differing: unknown[] = [];
  let taken = 0;
  for (const [number, text] of lines.flatMap((line) => [line, line, line]).entries()) {
    const bytes = new TextEncoder().encode(`${text}\n${'x'.repeat(40)}`);
    if (scanner.scan(bytes, 0, bytes.length - 41, referenceTime) !== scanned.record) continue;
    if (!rows.write(scanner.line, cellsOf(opening), number, out)) continue;
    taken += 1;
    const fast = Buffer.concat(out.take()).toString();
    const result = parseLine(text, { referenceTime, host });
    const slow = result.ok ? `${opening}${number},${record.textOf(result.record)}` : result.reason;
    if (fast !== slow) differing.push({ fast, slow });
  }
  return { differing, taken };
}

const corpus = corpora.flatMap((name) => readCorpus(name).map(({ line }) => line));
const head = 'Nov 21 08:05:09 web-1 kernel: [12.5] drop: IN=eth0 OUT= ';
const mac = 'MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00';
const ip = 'SRC=203.0.113.5 DST=198.51.100.1 LEN=60 TOS=0x00 PREC=0x00 TTL=52 ID=100';
const udp = 'PROTO=UDP SPT=1 DPT=53 LEN=8 ';

describe('JsonRows', () => {
  it('says what RecordLine says of each line of the corpora', () => {
    const { differing, taken } = compare(corpus);
    expect(differing).toEqual([]);
    expect(taken).toBeGreaterThan(300);
  });

  it('says the same of generated traffic, and leaves little of it', () => {
    const events = generate({ seed: 5, start: Date.UTC(2026, 10, 20), durationSeconds: 86_400, linesPerSecond: 0.1 });
    const lines = [...events].map(({ line }) => line);
    const { differing, taken } = compare(lines);
    expect(differing).toEqual([]);
    expect(taken).toBeGreaterThan(2 * lines.length);
  });

  it.each([
    ['every piece', `${mac} ${ip} CE DF MF PROTO=TCP SPT=1 DPT=2 SEQ=7 ACK=4294967295 WINDOW=0 RES=0x3f CWR ECE URG ACK URGP=9 `],
    ['no MAC', `${ip} ${udp}`],
    ['an empty MAC', `MAC= ${ip} ${udp}`],
    ['a MAC in capitals', `MAC=52:54:00:12:34:56:52:54:00:AB:CD:EF:08:00 ${ip} ${udp}`],
    ['a MAC whose type is in capitals', `MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:DD ${ip} ${udp}`],
    ['a short MAC', `MAC=52:54:00 ${ip} ${udp}`],
    ['a long MAC', `${mac}:45:fc:02:1c ${ip} ${udp}`],
    ['a number with zeros before it', `${ip} PROTO=UDP SPT=1 DPT=53 LEN=007 `],
    ['a zero', `${ip} PROTO=UDP SPT=0 DPT=0 LEN=0 `],
    ['no space at the end', `${ip} PROTO=TCP SPT=1 DPT=2 WINDOW=65535 RES=0x00 SYN URGP=0`],
    ['an echo', `${mac} ${ip} PROTO=ICMP TYPE=8 CODE=0 ID=5 SEQ=1 `],
    ['an ICMP message without more', `${ip} PROTO=ICMP TYPE=13 CODE=0 `],
    [
      'IPv6',
      'SRC=fe80:0000:0000:0000:0000:0000:0000:0001 DST=ff02::1 LEN=80 TC=0 HOPLIMIT=255 FLOWLBL=1048575 PROTO=ICMPv6 TYPE=135 CODE=0 ',
    ],
    [
      'IPv4 in IPv6',
      'SRC=::ffff:192.0.2.1 DST=::1 LEN=80 TC=9 HOPLIMIT=1 FLOWLBL=0 PROTO=TCP SPT=1 DPT=2 WINDOW=9 RES=0x00 SYN URGP=0 ',
    ],
  ])('says the same of %s', (_, body) => {
    expect(compare([head + body])).toEqual({ differing: [], taken: 1 });
  });

  it.each([
    ['a quoted packet', `${head}${ip} PROTO=ICMP TYPE=3 CODE=1 [${ip} ${udp}] `],
    ['a port of a bridge', `${head}PHYSIN=v\u00e9"\\ ${ip} ${udp}`],
    ['a field of another writer', `${head}${ip} ${udp}MARK=0x1 `],
    ['a fragment', `${head}${ip} FRAG:185 PROTO=UDP `],
    ['another protocol', `${head}${ip} PROTO=47 `],
    ['a prefix that is not printable', `Nov 21 08:05:09 web-1 kernel: \u0007drop: IN=eth0 OUT= ${ip} ${udp}`],
  ])('leaves %s to RecordLine', (_, line) => {
    expect(compare([line])).toEqual({ differing: [], taken: 0 });
  });

  it('says the same of lines in which anything was changed', () => {
    const changes = fc.array(
      fc.tuple(fc.nat(400), fc.nat(3), fc.constantFrom('', ' ', '0', '9', '=', 'a', 'F', '"', '\\', 'é')),
      {
        minLength: 1,
        maxLength: 3,
      },
    );
    const line = fc
      .tuple(fc.constantFrom(...corpus), changes)
      .map(([text, each]) =>
        each.reduce((changed, [at, skip, inserted]) => changed.slice(0, at) + inserted + changed.slice(at + skip), text),
      );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 10 }), (lines) => {
        expect(compare(lines).differing).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });
});

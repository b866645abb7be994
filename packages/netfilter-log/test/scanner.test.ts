import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBody } from '../src/body.ts';
import { Clock } from '../src/clock.ts';
import { Framing } from '../src/framing.ts';
import { LineScanner, maxLineBytes, parseBytes, parseLine, rejectReasons, scanned, undercountCauses } from '../src/index.ts';
import { JournalEntry } from '../src/journal.ts';
import { Line } from '../src/line.ts';
import { readSuppression, writer } from '../src/suppression.ts';

const referenceTime = Date.UTC(2026, 10, 21, 9);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const body =
  'IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 SRC=203.0.113.5 DST=198.51.100.1 LEN=60 TOS=0x00 PREC=0x00 TTL=52 ID=100 PROTO=TCP SPT=40000 DPT=22 WINDOW=1024 RES=0x00 SYN URGP=0 ';

/** Pieces of which hostile lines are made. */
const pieces = [
  ...'IN= |OUT= |IN=eth0 OUT= |PHYSIN=|PHYSOUT=|MAC=|SRC=1.2.3.4 |DST=5.6.7.8 |SRC=|LEN=40 |TTL=1 |ID=1 |PROTO=|TCP |UDP |ICMP |ICMPv6 |SPT=1 |DPT='.split(
    '|',
  ),
  ...'22 |WINDOW=|RES=0x00 |SYN |ACK |URGP=0 |[|]|[SRC=|] |(|) |OPT (|OPT ( |INCOMPLETE |INCOMPLETE [8 bytes] |FRAG:|FRAG:8 |TRUNCATED|MARK=0x1 |TYPE=3 |CODE='.split(
    '|',
  ),
  ...'Nov 21 08:05:09 |2026-11-21T08:05:09Z |<4>|1 - |- - - |kernel: |[12.5] |h |host kern.warn |{"MESSAGE":"|"}|{|"|\\|\\x41|4,1,2,-;|12 |message repeated 2 times: [ '.split(
    '|',
  ),
  ...'::1|2001:db8::1|255.255.255.255|99999999999999999999|-1|0x|\u0000|\t|\r|é|\u{1f600}| |  |x|=|:|;|,|net_ratelimit: 5 callbacks suppressed|last message repeated 4 times'.split(
    '|',
  ),
];
const hostileText = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(''));
const hostileBytes = fc.oneof(
  hostileText.map(encode),
  fc.uint8Array({ maxLength: 400 }),
  fc.tuple(hostileText, fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 5 })).map(([text, changes]) => {
    const bytes = encode(text);
    for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes;
  }),
  fc
    .tuple(
      fc.constant(`Nov 21 08:05:09 h kernel: [12.5] p: ${body}`),
      fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 3 }),
    )
    .map(([text, changes]) => {
      const bytes = encode(text);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return bytes;
    }),
);

describe('any bytes', () => {
  it('give a record, a reason or an undercount, with columns in their ranges', () => {
    fc.assert(
      fc.property(hostileBytes, (bytes) => {
        const result = parseBytes(bytes, { referenceTime });
        const names: readonly string[] = [...rejectReasons, ...undercountCauses];
        expect(names).toContain(result.ok ? (result.undercount?.cause ?? 'cut') : (result.reason ?? result.undercount.cause));
        if (!result.ok) return;
        const { record } = result;
        for (const port of [record.src_port, record.dst_port, record.ip_id, record.window])
          expect(port).toSatisfy((n) => Number.isInteger(n) && n >= 0 && n <= 65_535);
        for (const byte of [record.ttl, record.tcp_flags, record.icmp_type, record.icmp_code])
          expect(byte).toSatisfy((n) => Number.isInteger(n) && n >= 0 && n <= 255);
        expect(record.length).toSatisfy((n) => Number.isInteger(n) && n >= 0 && n <= 4_294_967_295);
        expect(Number.isInteger(record.time)).toBe(true);
        for (const text of [record.host, record.prefix, record.in_iface, record.out_iface, record.extra])
          expect(text).not.toMatch(/\p{Cc}/u);
        expect(record.extra).not.toMatch(/^ | {2}| $/);
      }),
      { numRuns: 5000 },
    );
  });

  it('mean the same wherever they stand in a chunk, and whatever stood there before', () => {
    const scanner = new LineScanner();
    const fields = (from: number, to: number, chunk: Uint8Array): unknown => {
      const result = scanner.scan(chunk, from, to, referenceTime);
      const { line } = scanner;
      const text = (a: number, b: number): string => String.fromCharCode(...line.bytes.subarray(a, b));
      if (result === scanned.rejected) return line.reason;
      if (result === scanned.undercount) return [line.cause, line.count];
      const extra = Array.from({ length: line.spanCount }, (_, i) =>
        text(line.spans.at(2 * i) ?? 0, line.spans.at(2 * i + 1) ?? 0),
      );
      return [
        [
          line.time,
          line.repeated,
          line.count,
          line.proto,
          line.srcPort,
          line.dstPort,
          line.length,
          line.ttl,
          line.id,
          line.flags,
          line.window,
          line.type,
          line.code,
        ],
        [
          text(line.hostFrom, line.hostTo),
          text(line.prefixFrom, line.prefixTo),
          text(line.inFrom, line.inTo),
          text(line.outFrom, line.outTo),
        ],
        [text(line.srcFrom, line.srcTo), text(line.dstFrom, line.dstTo), extra],
      ];
    };
    fc.assert(
      fc.property(hostileBytes, hostileBytes, hostileBytes, (before, bytes, after) => {
        const line = bytes.filter((byte) => byte !== 0x0a);
        const alone = fields(0, line.length, line);
        const chunk = Uint8Array.from([...before, 0x0a, ...line, 0x0a, ...after, ...new Uint8Array(32)]);
        expect(fields(before.length + 1, before.length + 1 + line.length, chunk)).toEqual(alone);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('a line of more than 8 KiB', () => {
  it('is read as far as 8 KiB, and says so', () => {
    const text = body.slice(0, body.indexOf('URGP'));
    const fits = `${'x'.repeat(200)} ${text}URGP=0 `.padEnd(maxLineBytes, ' ');
    expect(parseLine(fits, { referenceTime })).toMatchObject({ ok: true, longLine: false });
    expect(parseLine(`${fits} garbage`, { referenceTime })).toMatchObject({ ok: true, longLine: true });
    expect(parseLine('x'.repeat(maxLineBytes) + body, { referenceTime })).toMatchObject({
      ok: false,
      reason: 'not-a-packet',
      longLine: true,
    });
    expect(parseLine(`${' '.repeat(maxLineBytes - 60)}${body}`, { referenceTime })).toMatchObject({
      ok: false,
      reason: 'cut',
      longLine: true,
    });
  });

  it('may be a megabyte of anything', () => {
    for (const unit of ['\u0000', 'IN= OUT= ', '[', '{"', 'é', body, '\\x41']) {
      const result = parseLine(unit.repeat(1_000_000 / unit.length), { referenceTime });
      expect(result.longLine).toBe(true);
    }
  });
});

describe('the work for a line', () => {
  /** Counts how often a byte is looked at. */
  function counting(text: string): { bytes: Uint8Array; reads: () => number } {
    let reads = 0;
    const plain = new Uint8Array(text.length + 32);
    plain.set(encode(text).subarray(0, text.length));
    plain[text.length] = 0x0a;
    const bytes = new Proxy(plain, {
      get: (target, key) => {
        reads++;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return { bytes, reads: () => reads };
  }

  function work(text: string): number {
    const { bytes, reads } = counting(text);
    const line = new Line();
    line.bytes = bytes;
    line.view = new DataView(new ArrayBuffer(text.length + 32));
    new Uint8Array(line.view.buffer).set(encode(text).subarray(0, text.length));
    const clock = new Clock();
    clock.setReference(referenceTime);
    const framing = new Framing(clock, Number.NaN);
    if (text.startsWith('{')) new JournalEntry().read(line, bytes, 0, text.length);
    else {
      const message = framing.read(line, 0, text.length);
      if (message >= 0) {
        readBody(line, message, text.length);
        for (const by of Object.values(writer)) readSuppression(line, message, text.length, by);
      }
    }
    return reads();
  }

  const units = [
    'IN= OUT= ',
    'IN=',
    'IN= ',
    'OUT= ',
    'IN=a OUT=b SRC=',
    'PHYSIN=',
    'IN= PHYSIN= ',
    '[',
    '[[',
    ']',
    '[SRC=',
    '[SRC= ]',
    '(',
    'OPT (',
    'OPT ( ) ',
    '<',
    '<4>',
    '<1>',
    ' ',
    '  x',
    '1',
    '1 ',
    '0.',
    '{',
    '{"',
    '{"a":[',
    '[1,',
    '- ',
    '[a@b c="',
    '\\',
    '"',
    'a=',
    'A=1 ',
    'SYN ',
    'ID= ',
    'ID=1 ',
    'FRAG:',
    'INCOMPLETE ',
    'INCOMPLETE [',
    'Unknown Ext Hdr ',
    '[1.1] ',
    '[1.1][T1] ',
    'kernel: ',
    'kern.warn ',
    'h ',
    'Nov ',
    'MAC source ',
    ':',
    '::',
    '.',
    'last message ',
    '1 messages ',
    'rate-limiting ',
    'TRUNCATED ',
    body,
  ];
  const heads = [
    '',
    'Nov 21 08:05:09 h kernel: ',
    '<4>1 2026-11-21T08:05:09Z h kernel - - ',
    'IN=eth0 OUT= ',
    'IN=eth0 OUT= SRC=1.2.3.4 DST=5.6.7.8 ',
    body,
    'OUT=a SRC=1.2.3.4 ',
    '[',
  ];

  it.each(heads)('grows with its length and no faster, after %j', (head) => {
    for (const unit of units) {
      const sized = (size: number): string => (head + unit.repeat(Math.ceil(size / unit.length))).slice(0, size);
      const small = work(sized(1000));
      const large = work(sized(8000));
      // 8 times the line, 8 times the work, and some slack for what is done once; never much for one byte.
      expect({ head, unit, linear: large < 8 * small + 20_000, cheap: large < 400 * 8000 }).toEqual({
        head,
        unit,
        linear: true,
        cheap: true,
      });
    }
  });
});

import { formatLine, parseBytes, parseLine } from '@droplens/netfilter-log';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noCounts, readRow, RowWriter, type RowWriterOptions } from '../../src/index.ts';

const now = Date.UTC(2026, 10, 21, 9);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
const ip = 'SRC=203.0.113.5 DST=198.51.100.1 LEN=60 TOS=0x00 PREC=0x00 TTL=52 ID=100';
const tcp = `Nov 21 08:05:09 web-1 kernel: [12.5] drop: IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 ${ip} DF PROTO=TCP SPT=40000 DPT=22 WINDOW=1024 RES=0x00 SYN URGP=0 `;
const udp6 =
  'IN= OUT=eth0 SRC=2001:0db8:0000:0000:0000:0000:0000:0001 DST=2001:0db8:0000:0000:0000:0000:0000:0002 LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=7 PROTO=UDP SPT=1 DPT=53 LEN=8 ';
const icmp = `2026-11-21T08:05:10.25Z web-2 kernel: [UFW BLOCK] IN=eth0 OUT= ${ip} PROTO=ICMP TYPE=3 CODE=1 [${ip} PROTO=UDP SPT=1 DPT=2 LEN=8 ] `;
const repeated = `Nov 21 08:05:11 web-1 kernel: message repeated 3 times: [ ${tcp.slice(tcp.indexOf('drop:'))}]`;
const noise = 'Nov 21 08:05:09 web-1 kernel: usb 1-1: new high-speed USB device';
const suppressed = 'Nov 21 08:05:09 web-1 kernel: net_ratelimit: 12 callbacks suppressed';
const log = encode([tcp, noise, udp6, '', icmp, suppressed, repeated, 'garbage\u0000', tcp].map((line) => `${line}\n`).join(''));

const writer = (options: Partial<RowWriterOptions> = {}): RowWriter => new RowWriter({ host: 'gw', ...options });

/** Everything a log comes to, whatever the chunks: rows, undercounts, counts. */
function readAll(
  chunks: readonly Uint8Array[],
  options: Partial<RowWriterOptions> = {},
): { rows: string; undercounts: unknown[]; counts: unknown; blocks: string[] } {
  const rows = writer(options);
  const blocks: string[] = [];
  const undercounts: unknown[] = [];
  const take = (): void => {
    const block = rows.take();
    blocks.push(decode(block.text));
    undercounts.push(...block.undercounts);
    rows.recycle(block.text);
  };
  let held = new Uint8Array();
  let base = 0;
  for (const chunk of chunks) {
    const bytes = Uint8Array.from([...held, ...chunk]);
    let p = 0;
    for (;;) {
      const next = rows.write(bytes, p, bytes.length, base + p, now);
      const full = bytes.indexOf(0x0a, next) >= 0;
      p = next;
      if (!full) break;
      take();
    }
    held = bytes.slice(p);
    base += p;
  }
  take();
  return { rows: blocks.join(''), undercounts, counts: rows.counts, blocks };
}

describe('a row', () => {
  it('has the columns in order, every number in full, the extra as the line has it', () => {
    const rows = writer();
    expect(rows.writeLine(encode(tcp), 0, tcp.length, 263, now)).toBe(true);
    expect(decode(rows.take().text)).toBe(
      '263\t1795248309.000\tweb-1\tdrop:\tdeny\teth0\t\t203.0.113.5\t198.51.100.1\tTCP\t40000\t22\t60\t52\t100\t2\t1024\t0\t0\tMAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 TOS=0x00 PREC=0x00 DF RES=0x00 URGP=0\n',
    );
  });

  it.each([
    ['the time of the log for lines without a stamp', udp6, {}, now + 0.75, now],
    ['the time of the log for a clock without its boot time', `[  100.123456] ${udp6}`, {}, now + 0.75, now],
    ['the boot time', `[  100.123456] ${udp6}`, { bootTime: now - 1000_000 + 0.75 }, now + 0.25, now - 1000_000 + 100_123],
  ])('has whole milliseconds, whatever %s has', (_, text, options, reference, time) => {
    const rows = writer(options);
    expect(rows.writeLine(encode(text), 0, text.length, 1, reference)).toBe(true);
    expect(decode(rows.take().text).split('\t')[1]).toBe((time / 1000).toFixed(3));
    const result = parseLine(text, { referenceTime: reference });
    expect(result.ok && Number.isInteger(result.record.time)).toBe(true);
  });

  it('of a position beyond 32 bit and with leading zeros within is exact', () => {
    for (const position of [
      0,
      9,
      10,
      9999,
      10_000,
      100_000_007,
      2_147_483_647,
      2_147_483_648,
      10_000_000_001,
      Number.MAX_SAFE_INTEGER,
    ]) {
      const rows = writer();
      rows.writeLine(encode(tcp), 0, tcp.length, position, now);
      expect(readRow(decode(rows.take().text))?.position).toBe(position);
    }
  });

  it('takes the configured host, zone and rules where the line says nothing', () => {
    const rows = writer({ host: 'my\thost', timeZone: 'Europe/Berlin', actions: [{ prefix: 'edge*', action: 'allow' }] });
    const line = encode(`Nov 21 09:05:09 kernel: edge-in IN=eth0 OUT= ${ip} PROTO=2 `);
    rows.writeLine(line, 0, line.length, 1, now);
    expect(readRow(decode(rows.take().text))?.record).toMatchObject({
      host: 'my\\x09host',
      time: Date.UTC(2026, 10, 21, 8, 5, 9),
      action: 'allow',
      proto: '2',
    });
  });

  it('says what parseLine says, for any line', () => {
    const word = fc.constantFrom('drop ', 'a\\b', '\t', '\u0000', 'é', '\u{1f600}', 'IN=', '[', 'x'.repeat(40));
    const lines = fc.tuple(
      fc.array(word, { maxLength: 6 }),
      fc.constantFrom(tcp, udp6, icmp, repeated, noise),
      fc.constantFrom('', 'MARK=0x1 ', 'X=é\u0007\\ ', '\u007f'),
    );
    const rows = writer();
    fc.assert(
      fc.property(lines, ([prefix, line, tail]) => {
        const bytes = encode(line.replace('IN=', `${prefix.join('')}IN=`) + tail);
        const parsed = parseBytes(
          bytes.filter((byte) => byte !== 0x0a),
          { referenceTime: now, host: 'gw' },
        );
        rows.writeLine(
          bytes.filter((byte) => byte !== 0x0a),
          0,
          bytes.length,
          77,
          now,
        );
        const { text, rows: count } = rows.take();
        const first = readRow(decode(text).split('\n', 1)[0] ?? '');
        expect(count).toBe(parsed.ok ? parsed.repeated : 0);
        expect(first).toEqual(parsed.ok ? { position: 77, record: parsed.record } : null);
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps a prefix that is no UTF-8 as text in its own cell', () => {
    const rows = writer();
    const line = Uint8Array.from([0xff, 0x5c, 0x09, 0x1b, ...encode(`IN=eth0 OUT= ${ip} PROTO=2 `)]);
    rows.writeLine(line, 0, line.length, 1, now);
    const text = decode(rows.take().text);
    expect(text.split('\t')).toHaveLength(20);
    expect(readRow(text)?.record.prefix).toBe('\\xff\\\\x09\\x1b');
  });
});

describe('a log', () => {
  it('gives rows, undercounts and counts that add up', () => {
    const { rows, undercounts, counts } = readAll([log]);
    expect(
      rows
        .trimEnd()
        .split('\n')
        .map((row) => row.split('\t').slice(0, 4).join(' ')),
    ).toEqual([
      `${tcp.length + 1} 1795248309.000 web-1 drop:`,
      `${tcp.length + noise.length + udp6.length + 3} 1795251600.000 gw `,
      expect.stringMatching(/1795248310.250 web-2 \[UFW BLOCK\]$/),
      expect.stringMatching(/1795248311.000 web-1 drop:$/),
      expect.stringMatching(/1795248311.000 web-1 drop:$/),
      expect.stringMatching(/1795248311.000 web-1 drop:$/),
      `${log.length} 1795248309.000 web-1 drop:`,
    ]);
    expect(undercounts).toEqual([
      { position: expect.any(Number), time: 1_795_248_309_000, host: 'web-1', cause: 'kernel-ratelimit', count: 12 },
    ]);
    const rejected = { ...noCounts().rejected, 'not-a-packet': 2, empty: 1 };
    expect(counts).toEqual({ lines: 9, records: 7, rejected, undercounts: 1, longLines: 0 });
  });

  it('gives the same rows however it is cut into chunks and blocks', () => {
    const whole = readAll([log]);
    fc.assert(
      fc.property(
        fc.array(fc.nat(log.length), { maxLength: 12 }),
        fc.integer({ min: 3, max: 10 }),
        fc.integer({ min: 700, max: 5000 }),
        (cuts, maxRows, maxBytes) => {
          const borders = [0, ...cuts.sort((a, b) => a - b), log.length];
          const chunks = borders.slice(1).map((end, i) => log.subarray(borders[i], end));
          const parts = readAll(chunks, { maxRows, maxBytes });
          expect(parts.rows).toBe(whole.rows);
          expect(parts.undercounts).toEqual(whole.undercounts);
          expect(parts.counts).toEqual(whole.counts);
          for (const block of parts.blocks) expect(block.split('\n').length - 1).toBeLessThanOrEqual(maxRows);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('leaves the last line until its end comes', () => {
    const rows = writer();
    const text = encode(`${tcp}\n${tcp}`);
    expect(rows.write(text, 0, text.length, 0, now)).toBe(tcp.length + 1);
    expect(rows.rows).toBe(1);
    expect(rows.write(text, tcp.length + 1, text.length, tcp.length + 1, now)).toBe(tcp.length + 1);
  });

  it('never divides a repeated line between blocks, and bounds one that no block could hold', () => {
    const line = encode(repeated.replace('3 times', '400 times'));
    const rows = writer({ maxRows: 500 });
    expect(rows.writeLine(line, 0, line.length, 1, now)).toBe(true);
    expect(rows.writeLine(line, 0, line.length, 2, now)).toBe(false);
    expect(rows.counts.lines).toBe(1);
    expect(rows.take().rows).toBe(400);
    expect(rows.writeLine(line, 0, line.length, 2, now)).toBe(true);
    expect(rows.take().rows).toBe(400);

    const small = writer({ maxRows: 100 });
    expect(small.writeLine(line, 0, line.length, 1, now)).toBe(true);
    expect(small.take()).toMatchObject({ rows: 100, undercounts: [{ position: 1, cause: 'repeat-beyond-bound', count: 300 }] });
  });

  it('stays within its bounds when every row is as long as can be', () => {
    const rows = writer({ maxBytes: 100_000 });
    const line = encode(`${'\\'.repeat(200)} IN=eth0 OUT= ${ip} PROTO=2 Z=ééé${'\\'.repeat(7900)} `);
    for (let i = 0; i < 100; i++) {
      if (!rows.writeLine(line, 0, line.length, i, now)) rows.take();
    }
    expect(rows.byteLength).toBeLessThan(200_000);
    expect(rows.counts.lines).toBe(rows.counts.records);
  });

  it('goes on counting where an earlier life stopped', () => {
    const rows = writer();
    const counts = { ...noCounts(), lines: 5, records: 3, rejected: { ...noCounts().rejected, cut: 2 } };
    rows.restoreCounts(counts);
    rows.write(log, 0, log.length, 0, now);
    expect(rows.counts).toMatchObject({ lines: 14, records: 10, rejected: { cut: 2, 'not-a-packet': 2 } });
    expect(counts.lines).toBe(5);
  });

  it('hands over texts that later lines do not touch', () => {
    const rows = writer({ maxBytes: 1000 });
    const blocks: { text: Uint8Array; copy: string }[] = [];
    for (let i = 0; i < 40; i++) {
      while (!rows.writeLine(encode(tcp), 0, tcp.length, i, now)) {
        const { text } = rows.take();
        blocks.push({ text, copy: decode(text) });
      }
    }
    expect(blocks.length).toBeGreaterThan(5);
    for (const { text, copy } of blocks) expect(decode(text)).toBe(copy);
  });

  it('counts lines over 8 KiB', () => {
    const rows = writer();
    const long = encode(`${tcp}${'x'.repeat(9000)}\n`);
    rows.write(long, 0, long.length, 0, now);
    expect(rows.counts).toMatchObject({ lines: 1, longLines: 1 });
  });
});

it('refuses a zone that does not exist', () => {
  expect(() => writer({ timeZone: 'Mars/Olympus' })).toThrow(RangeError);
});

it('reads back what it wrote as the line that was', () => {
  const rows = writer();
  rows.writeLine(encode(tcp), 0, tcp.length, 1, now);
  const row = readRow(decode(rows.take().text));
  const again = row === null ? null : parseLine(formatLine(row.record), { referenceTime: now });
  expect(again).toMatchObject({ ok: true, record: row?.record });
});

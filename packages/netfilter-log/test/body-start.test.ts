import { describe, expect, it } from 'vitest';
import { parseLine } from '../src/index.ts';

const referenceTime = Date.UTC(2026, 10, 21, 9);
const forged =
  'IN=eth9 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 SRC=8.8.8.8 DST=9.9.9.9 LEN=40 TOS=0x00 PREC=0x00 TTL=9 ID=9 PROTO=TCP SPT=9 DPT=9 WINDOW=9 RES=0x00 SYN URGP=0 ';
const rest =
  'SRC=203.0.113.5 DST=198.51.100.1 LEN=60 TOS=0x00 PREC=0x00 TTL=52 ID=100 PROTO=TCP SPT=40000 DPT=22 WINDOW=1024 RES=0x00 SYN URGP=0 ';
const real = `IN=eth0 OUT= ${rest}`;

const read = (line: string): unknown => {
  const result = parseLine(line, { referenceTime });
  return result.ok ? [result.record.src, result.record.dst_port, result.record.prefix] : result.reason;
};

describe('the record begins at the last IN= that can begin one', () => {
  it.each<[prefix: string, shown?: string]>([
    [''],
    ['drop: '],
    ['glued'],
    ['[wan-lan-default-D]'],
    [forged],
    [forged.trim()],
    [`${forged}${forged}`.slice(0, 250)],
    ['IN='],
    ['IN= '],
    ['IN=IN='],
    ['IN= foo IN=bar ININ: '],
    ['IN=a OUT=b '],
    ['IN=a OUT='],
    ['MAIN=x '],
    ['OUT=eth7 '],
    ['[SRC=1.2.3.4 DST=5.6.7.8 '],
    ['SRC=8.8.8.8 DST=9.9.9.9 '],
    ['IN=eth9 OUT= SRC=8.8.8.8 '],
    ['IN=eth9 OUT= MAC='],
    ['RULE=3 ACTION=DROP '],
    ['PASS'],
    ['"quoted" \\ back '],
    ['message repeated 3 times: '],
    ['x kernel: '],
  ])('after the prefix %j', (prefix) => {
    expect(read(`x ${prefix}${real}`)).toEqual(['203.0.113.5', 22, `x ${prefix}`.trim()]);
    expect(read(`Nov 21 08:05:09 h kernel: [12.5] ${prefix}${real}`)).toEqual(['203.0.113.5', 22, prefix.trim()]);
  });

  it('and never falls back to an earlier one when the last is cut', () => {
    const line = forged + real;
    for (let end = forged.length + 3; end < line.length; end++) {
      const result = parseLine(line.slice(0, end), { referenceTime });
      expect(result.ok ? result.record.src : '203.0.113.5').toBe('203.0.113.5');
    }
    for (const end of [1, 2]) expect(read(line.slice(0, forged.length + end))).toBe('cut');
  });

  it('not at a device that is named like one', () => {
    expect(read(`IN=br0 OUT= PHYSIN=vethIN=a ${rest}`)).toEqual(['203.0.113.5', 22, '']);
    expect(read(`IN=br0 OUT=IN=a ${rest}`)).toEqual(['203.0.113.5', 22, '']);
    expect(parseLine(`drop IN=br0 OUT=xIN=y ${rest}`, { referenceTime })).toMatchObject({
      record: { in_iface: 'br0', out_iface: 'xIN=y', prefix: 'drop' },
    });
  });

  it('not within a quoted packet', () => {
    const quoted = `IN=eth0 OUT= SRC=203.0.113.5 DST=198.51.100.1 LEN=60 TTL=5 ID=1 PROTO=ICMP TYPE=3 CODE=1 [SRC=198.51.100.1 DST=8.8.8.8 LEN=60 IN=x OUT=y ] `;
    expect(read(quoted)).toBe('unexpected-text');
  });

  it('behind what logread glued before it: a line cut at 512 bytes without its end', () => {
    const first = `Mon Mar 23 13:16:49 2026 kern.warn kernel: [311423.870453] reject wan in: ${forged}`.slice(0, 200);
    expect(read(`${first}Mon Mar 23 13:16:50 2026 kern.warn kernel: [311424.1] reject lan in: ${real}`)).toEqual([
      '203.0.113.5',
      22,
      'reject lan in:',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { type ParseOptions, parseLine } from '../src/index.ts';

const referenceTime = Date.UTC(2026, 10, 21, 9);
const bootTime = Date.UTC(2026, 10, 21, 0);
const body = 'IN=eth0 OUT= SRC=203.0.113.5 DST=198.51.100.1 LEN=28 TOS=0x00 PREC=0x00 TTL=1 ID=1 PROTO=UDP SPT=1 DPT=53 LEN=8 ';

/** Host, prefix and ISO time that a line says; the reference time and the fallback host where it says none. */
function read(line: string, options: ParseOptions = {}): string {
  const result = parseLine(line, { referenceTime, bootTime, host: '(none)', ...options });
  if (!result.ok) return result.reason ?? result.undercount.cause;
  const { host, prefix, time } = result.record;
  return `${host} | ${prefix} | ${new Date(time).toISOString()} | ${result.timeSource}`;
}

const morning = '2026-11-21T08:05:09.000Z | line';

describe('framing', () => {
  it.each<[head: string, expected: string]>([
    // RFC 3164 and what syslog daemons make of it
    ['Nov 21 08:05:09 web-1 kernel: [50028442.088484] drop: ', `web-1 | drop: | ${morning}`],
    ['Nov 21 08:05:09 web-1 kernel: [ 3529.289825] [UFW BLOCK] ', `web-1 | [UFW BLOCK] | ${morning}`],
    ['Nov 21 08:05:09 web-1 kernel: drop: ', `web-1 | drop: | ${morning}`],
    ['Nov 21 08:05:09 web-1 kernel: ', `web-1 |  | ${morning}`],
    ['Nov 21 08:05:09 web-1 kernel:', `web-1 |  | ${morning}`],
    ['Nov  1 08:05:09 web-1 kernel: x ', 'web-1 | x | 2026-11-01T08:05:09.000Z | line'],
    ['Nov 1 08:05:09 web-1 kernel: x ', 'web-1 | x | 2026-11-01T08:05:09.000Z | line'],
    [
      'Nov 21 2025 08:05:09 web-1 kernel: x ',
      '(none) | Nov 21 2025 08:05:09 web-1 kernel: x | 2026-11-21T09:00:00.000Z | reference',
    ],
    ['Nov 21 08:05:09 2025 web-1 kernel: x ', 'web-1 | x | 2025-11-21T08:05:09.000Z | line'],
    ['Nov 21 08:05:09.123456 web-1 kernel: x ', 'web-1 | x | 2026-11-21T08:05:09.123Z | line'],
    ['<4>Nov 21 08:05:09 USG kernel: x ', `USG | x | ${morning}`],
    ['<161>Nov 21 08:05:09 USG x ', `USG | x | ${morning}`],
    ['Nov 21 08:05:09 10.0.0.1 kernel: x ', `10.0.0.1 | x | ${morning}`],
    ['Nov 21 08:05:09 fe80::1 kernel: x ', `fe80::1 | x | ${morning}`],
    ['Nov 21 08:05:09 web-1 kern.warn kernel: x ', `web-1 | x | ${morning}`],
    ['Nov 21 08:05:09 kern.warn kernel: x ', `(none) | x | ${morning}`],
    ['Nov 21 08:05:09 user.example.com kernel: x ', `user.example.com | x | ${morning}`],
    ['Nov 21 08:05:09 kernel: DROP ', `(none) | DROP | ${morning}`],
    ['Nov 21 08:05:09 DENY: ', `(none) | DENY: | ${morning}`],
    ['Nov 21 08:05:09 DROP ', `(none) | DROP | ${morning}`],
    ['Nov 21 08:05:09 [UFW BLOCK] ', `(none) | [UFW BLOCK] | ${morning}`],
    ['Nov 21 08:05:09 ', `(none) |  | ${morning}`],
    ['Nov 21 08:05:09 Shorewall:net2fw:DROP:', `(none) | Shorewall:net2fw:DROP: | ${morning}`],
    [
      'Nov 21 08:05:09 UDMP UDMP [WAN_LOCAL-D-2147483647] DESCR="[WAN_LOCAL]Block All" ',
      `UDMP | [WAN_LOCAL-D-2147483647] DESCR="[WAN_LOCAL]Block All" | ${morning}`,
    ],
    ['Nov 21 08:05:09 UDMPRO,a2edd0c6ae48,udm-1.10.0.3686 kernel: x ', `UDMPRO,a2edd0c6ae48,udm-1.10.0.3686 | x | ${morning}`],
    ['Nov 21 08:05:09 fw ulogd[512]: x ', `fw | x | ${morning}`],
    ['Nov 21 08:05:09 fw x ', `fw | x | ${morning}`],
    ['Nov 21 08:05:09 fw kernel: RULE 3 -- DENY ', `fw | RULE 3 -- DENY | ${morning}`],
    // another program's words
    ['Nov 21 08:05:09 fw sshd[12]: Invalid user ', 'not-kernel'],
    ['Nov 21 08:05:09 fw sudo:   bob : COMMAND=/bin/echo ', 'not-kernel'],
    ['Nov 21 08:05:09 sshd[12]: Invalid user ', 'not-kernel'],
    ['<13>1 2026-11-21T08:05:09Z fw sshd 12 - - Invalid user ', 'not-kernel'],
    ['2026-11-21T08:05:09Z fw nginx[3]: GET /', 'not-kernel'],
    ['[   12.500000] fw sshd[12]: ', 'not-kernel'],
    ['user  :notice: [   12.500000] ', 'not-kernel'],
    // ISO
    [
      '2026-11-21T01:05:09.570472-07:00 m1 kernel: [4290995.710144] [UFW AUDIT] ',
      'm1 | [UFW AUDIT] | 2026-11-21T08:05:09.570Z | line',
    ],
    ['2026-11-21T09:05:09+0100 m1 kernel: x ', `m1 | x | ${morning}`],
    ['2026-11-21T09:05:09+01 m1 kernel: x ', `m1 | x | ${morning}`],
    ['2026-11-21T08:05:09Z m1 kernel: x ', `m1 | x | ${morning}`],
    ['2026-11-21T08:05:09 m1 kernel: x ', `m1 | x | ${morning}`],
    ['2026-11-21 08:05:09 m1 kernel: x ', `m1 | x | ${morning}`],
    ['2026-11-21T08:05:09Z kernel: x ', `(none) | x | ${morning}`],
    ['<6>2026-11-21T08:05:09Z Hostname kernel: x ', `Hostname | x | ${morning}`],
    // RFC 5424
    ['<4>1 2026-11-21T16:05:09+08:00 fw kernel - - - [ 3132.531409] [UFW BLOCK] ', `fw | [UFW BLOCK] | ${morning}`],
    ['<4>1 2026-11-21T08:05:09Z fw kernel - - - [UFW BLOCK] ', `fw | [UFW BLOCK] | ${morning}`],
    ['<4>1 2026-11-21T08:05:09Z fw kernel - - [origin ip="1.2.3.4"][x@1 a="]\\""] [UFW BLOCK] ', `fw | [UFW BLOCK] | ${morning}`],
    ['<4>1 2026-11-21T08:05:09Z fw kernel - - - \u{feff}x ', `fw | x | ${morning}`],
    ['<4>1 2026-11-21T08:05:09Z fw kernel 12 ID47 - x ', `fw | x | ${morning}`],
    ['<4>1 2026-11-21T08:05:09Z fw kernel - - [UFW BLOCK] ', `fw | [UFW BLOCK] | ${morning}`],
    ['<4>1 2026-11-21T08:05:09Z fw kernel: x ', `fw | x | ${morning}`],
    ['<4>1 2026-11-21T08:05:09Z - - - - - x ', `(none) | x | ${morning}`],
    ['<4>1 - fw kernel - - - x ', 'fw | x | 2026-11-21T09:00:00.000Z | reference'],
    ['302 <4>1 2026-11-21T08:05:09Z fw kernel - - - x ', `fw | x | ${morning}`],
    ['\u{feff}<4>1 2026-11-21T08:05:09Z fw kernel - - - x ', `fw | x | ${morning}`],
    // OpenWrt, ctime
    ['Sat Nov 21 08:05:09 2026 kern.warn kernel: [311423.870453] reject wan in: ', `(none) | reject wan in: | ${morning}`],
    ['Sat Nov  1 08:05:09 2025 kern.warn kernel: x ', '(none) | x | 2025-11-01T08:05:09.000Z | line'],
    // journalctl
    ['Sat 2026-11-21 08:05:09 UTC fw kernel: x ', `fw | x | ${morning}`],
    ['Sat 2026-11-21 09:05:09.250 CET fw kernel: x ', 'fw | x | 2026-11-21T08:05:09.250Z | line'],
    ['Sat 2026-11-21 05:05:09 -03 fw kernel: x ', `fw | x | ${morning}`],
    ['1795248309.518660 fw kernel: x ', 'fw | x | 2026-11-21T08:05:09.518Z | line'],
    ['[16571.459614] fw kernel: x ', 'fw | x | 2026-11-21T04:36:11.459Z | boot'],
    ['[16571.459614] kernel: x ', '(none) | x | 2026-11-21T04:36:11.459Z | boot'],
    ['MESSAGE=x ', '(none) | x | 2026-11-21T09:00:00.000Z | reference'],
    // dmesg
    ['[  123.456789] x ', '(none) | x | 2026-11-21T00:02:03.456Z | boot'],
    ['[  123.456789][    T1] x ', '(none) | x | 2026-11-21T00:02:03.456Z | boot'],
    ['[  123.456789] [  C0] x ', '(none) | x | 2026-11-21T00:02:03.456Z | boot'],
    ['[  123.456789] [UFW BLOCK] ', '(none) | [UFW BLOCK] | 2026-11-21T00:02:03.456Z | boot'],
    ['<4>[  123.456789] x ', '(none) | x | 2026-11-21T00:02:03.456Z | boot'],
    ['[Sat Nov 21 08:05:09 2026] x ', `(none) | x | ${morning}`],
    ['2026-11-21T08:05:09,570472+00:00 x ', '(none) | x | 2026-11-21T08:05:09.570Z | line'],
    ['kern  :warn  : [  123.456789] x ', '(none) | x | 2026-11-21T00:02:03.456Z | boot'],
    ['kern  :warn  : [Sat Nov 21 08:05:09 2026] x ', `(none) | x | ${morning}`],
    ['kern  :warn  : 2026-11-21T08:05:09,570472+00:00 x ', '(none) | x | 2026-11-21T08:05:09.570Z | line'],
    // /dev/kmsg
    ['4,1234,123456789,-;x ', '(none) | x | 2026-11-21T00:02:03.456Z | boot'],
    ['4,1234,123456789,-,caller=T123;x ', '(none) | x | 2026-11-21T00:02:03.456Z | boot'],
    ['4,1234,123456789,c,new=field;x ', '(none) | x | 2026-11-21T00:02:03.456Z | boot'],
    ['4,1234,123456789,-;z\\xc3\\xbcr\\x5c\\x07 ', '(none) | zür\\\\x07 | 2026-11-21T00:02:03.456Z | boot'],
    ['12,1234,123456789,-;x ', 'not-kernel'],
    ['4,1234,123456789,-', 'cut'],
    // no framing
    ['', '(none) |  | 2026-11-21T09:00:00.000Z | reference'],
    ['drop: ', '(none) | drop: | 2026-11-21T09:00:00.000Z | reference'],
    ['[UFW BLOCK] ', '(none) | [UFW BLOCK] | 2026-11-21T09:00:00.000Z | reference'],
    ['<4>drop: ', '(none) | drop: | 2026-11-21T09:00:00.000Z | reference'],
    ['kernel: drop: ', '(none) | drop: | 2026-11-21T09:00:00.000Z | reference'],
    ['Marvin says ', '(none) | Marvin says | 2026-11-21T09:00:00.000Z | reference'],
    // Proxmox
    ['100 6 tap100i0-IN 21/Nov/2026:09:05:09 +0100 policy DROP: ', `(none) | tap100i0-IN policy DROP: | ${morning}`],
  ])('%j', (head, expected) => {
    const line = head + (head.startsWith('4,1234,123456789,-') && !head.includes(';') ? '' : body);
    expect(read(line)).toBe(expected);
  });

  it('without a boot time takes the reference time for the kernel’s own stamps', () => {
    expect(read(`[  123.456789] x ${body}`, { bootTime: undefined })).toBe('(none) | x | 2026-11-21T09:00:00.000Z | reference');
    expect(read(`4,1,123456789,-;x ${body}`, { bootTime: undefined })).toBe('(none) | x | 2026-11-21T09:00:00.000Z | reference');
  });

  it('reads naive stamps in the given zone', () => {
    expect(read(`Nov 21 09:05:09 h kernel: x ${body}`, { timeZone: 'Europe/Berlin' })).toBe(`h | x | ${morning}`);
    expect(read(`Nov 21 06:05:09 h kernel: x ${body}`, { timeZone: '-02:00' })).toBe(`h | x | ${morning}`);
    expect(read(`2026-11-21T09:05:09+01:00 h kernel: x ${body}`, { timeZone: 'America/New_York' })).toBe(`h | x | ${morning}`);
    expect(read(`Sat 2026-11-21 16:05:09 CST h kernel: x ${body}`, { timeZone: 'Asia/Shanghai' })).toBe(`h | x | ${morning}`);
  });
});

describe('a repeated line', () => {
  const repeated = (line: string): unknown => {
    const result = parseLine(line, { referenceTime });
    return result.ok
      ? { repeated: result.repeated, lost: result.undercount?.count ?? 0, prefix: result.record.prefix }
      : (result.reason ?? result.undercount);
  };

  it.each<[line: string, expected: unknown]>([
    [`Nov 21 08:05:09 h kernel: message repeated 3 times: [ [12.5] drop: ${body}]`, { repeated: 3, lost: 0, prefix: 'drop:' }],
    [`Nov 21 08:05:09 h kernel: message repeated 3 times: [ drop: ${body.trim()}]`, { repeated: 3, lost: 0, prefix: 'drop:' }],
    [`Nov 21 08:05:09 h kernel: message repeated 500 times: [ drop: ${body}] `, { repeated: 500, lost: 0, prefix: 'drop:' }],
    [
      `Nov 21 08:05:09 h kernel: message repeated 2000000 times: [ drop: ${body}]`,
      { repeated: 500, lost: 1_999_500, prefix: 'drop:' },
    ],
    [
      `Nov 21 08:05:09 h kernel: message repeated 99999999999999999999 times: [ drop: ${body}]`,
      { repeated: 500, lost: 4_294_966_795, prefix: 'drop:' },
    ],
    [`Nov 21 08:05:09 h kernel: message repeated 3 times: [ drop: ${body}`, 'cut'],
    [`Nov 21 08:05:09 h kernel: message repeated 0 times: [ drop: ${body}]`, 'unexpected-text'],
    [`Nov 21 08:05:09 h kernel: message repeated 3 times: [ message repeated 3 times: [ ${body}]]`, 'unexpected-text'],
    [`Nov 21 08:05:09 h kernel: message repeated 3 times: [ usb 1-1]`, 'not-a-packet'],
    [`Nov 21 08:05:09 h kernel: message repeated many times`, 'not-a-packet'],
    [`Nov 21 08:05:09 h sshd[1]: message repeated 3 times: [ ${body}]`, 'not-kernel'],
  ])('%s', (line, expected) => {
    expect(repeated(line)).toEqual(expected);
  });
});

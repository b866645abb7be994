import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLine, parseLine } from '../src/index.ts';
import { kernelLine } from './oracle/lines.ts';

const referenceTime = Date.UTC(2026, 10, 21, 9);
const ip = 'SRC=203.0.113.5 DST=198.51.100.1 LEN=60 TOS=0x00 PREC=0x00 TTL=52 ID=100 ';
const six =
  'SRC=2001:0db8:0000:0000:0000:0000:0000:0001 DST=2001:0db8:0000:0000:0000:0000:0000:0002 LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=7 ';
const tcp = 'PROTO=TCP SPT=40000 DPT=22 WINDOW=1024 RES=0x00 ACK SYN URGP=0 ';

describe('formatLine', () => {
  it.each([
    `drop: IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 ${ip}DF ${tcp}OPT (020405B4) UID=1 GID=2 MARK=0x1f `,
    `IN=br0 OUT=br0 PHYSIN=veth0 PHYSOUT=veth1 MAC= ${ip}OPT (94040000) PROTO=UDP SPT=1 DPT=53 LEN=9 `,
    `x IN= OUT=eth0 ${ip}PROTO=TCP SPT=1 DPT=2 SEQ=1 ACK=2 WINDOW=3 RES=0x00 AE CWR ACK URGP=0 `,
    `x IN=eth0 OUT= ${ip}MF FRAG:185 PROTO=TCP MARK=0x1 `,
    `x IN=eth0 OUT= ${ip}FRAG:185 `,
    `x IN=eth0 OUT= ${ip}PROTO=TCP INCOMPLETE [8 bytes] `,
    `x IN=eth0 OUT= ${ip}PROTO=ICMP TYPE=3 CODE=4 [${ip}PROTO=TCP INCOMPLETE [8 bytes] ] MTU=1492 `,
    `x IN=eth0 OUT= ${ip}PROTO=ICMP TYPE=0 CODE=0 ID=5 SEQ=6 `,
    `x IN=eth0 OUT= ${ip}PROTO=ICMP TYPE=5 CODE=1 GATEWAY=10.0.0.1 [${ip}${tcp}] `,
    `x IN=eth0 OUT= ${ip}PROTO=ESP SPI=0x1 `,
    `x IN=eth0 OUT= ${ip}PROTO=AH SPI=0x1 `,
    `x IN=eth0 OUT= ${ip}PROTO=UDPLITE SPT=1 DPT=2 LEN=8 `,
    `x IN=eth0 OUT= ${ip}PROTO=2 `,
    `x IN=eth0 OUT= MACSRC=52:54:00:ab:cd:ef MACDST=52:54:00:12:34:56 VPROTO=8100 VID=7 MACPROTO=86dd ${six}${tcp}`,
    `x IN=eth0 OUT= ${six}FRAG:0 INCOMPLETE ID:0000abcd PROTO=UDP SPT=1 DPT=2 LEN=8 `,
    `x IN=eth0 OUT= ${six}OPT ( FRAG:8 ID:00000000 ) PROTO=TCP `,
    `x IN=eth0 OUT= ${six}OPT ( ) OPT ( AH SPI=0x1 ) ${tcp}`,
    `x IN=eth0 OUT= ${six}`,
    `x IN=eth0 OUT= ${six}PROTO=ICMPv6 TYPE=2 CODE=0 [${six}PROTO=UDP SPT=1 DPT=2 LEN=8 ] MTU=1280 `,
  ])('shows the line again: %s', (line) => {
    const result = parseLine(`2026-11-21T08:05:09.123Z web-1 kernel: ${line}`, { referenceTime });
    expect(result.ok && formatLine(result.record)).toBe(`2026-11-21T08:05:09.123Z web-1 kernel: ${line}`);
  });

  it('without a host or a prefix leaves them out', () => {
    const result = parseLine(`2026-11-21T08:05:09.000Z kernel: IN=eth0 OUT= ${ip}${tcp}`, { referenceTime });
    expect(result.ok && formatLine(result.record)).toBe(`2026-11-21T08:05:09.000Z kernel: IN=eth0 OUT= ${ip}${tcp}`);
  });

  it('and parseLine are each other’s inverse on all that a kernel prints', () => {
    fc.assert(
      fc.property(kernelLine, ({ text }) => {
        const result = parseLine(text, { referenceTime, host: 'web-1' });
        if (!result.ok) throw new Error(`${result.reason}: ${text}`);
        const again = parseLine(formatLine(result.record), { referenceTime });
        expect(again.ok ? again.record : again.reason).toEqual(result.record);
      }),
      { numRuns: 3000 },
    );
  });

  it('shows what other writers print so that it parses to the same record', () => {
    const words = fc.constantFrom(
      ...'TOS=00|PREC=0x00|DF|MF|CE|FRAG:0|MARK=1a|UID=5|GID=6|SEQ=1|ACK=2|ZONE=wan|TC=4|FLOWLBL=9|SPI=0x1|MTU=5|OPT (01)|PHYSIN=a|MAC=|LEN=8|ID=7|ID=8|SYN|ACK|FIN|AE'.split(
        '|',
      ),
    );
    const line = fc
      .tuple(
        fc.shuffledSubarray(['LEN=40', 'TTL=3', 'SPT=1', 'DPT=22', 'WINDOW=5', 'URGP=0', 'RES=0x00', 'TYPE=3', 'CODE=1']),
        fc.array(words),
        fc.constantFrom('TCP', 'UDP', 'ICMP', '2', 'ESP', '132'),
        fc.boolean(),
      )
      .map(
        ([known, extra, proto, ipv6]) =>
          `p IN=eth0 OUT= ${[...known, ...extra].join(' ')} SRC=${ipv6 ? '::1 DST=::2' : '1.2.3.4 DST=5.6.7.8'} PROTO=${proto} `,
      );
    fc.assert(
      fc.property(line, (text) => {
        const result = parseLine(text, { referenceTime, host: 'web-1' });
        if (!result.ok) return;
        const again = parseLine(formatLine(result.record), { referenceTime });
        expect(again.ok ? again.record : `${again.reason}: ${formatLine(result.record)}`).toEqual(result.record);
      }),
      { numRuns: 5000 },
    );
  });
});

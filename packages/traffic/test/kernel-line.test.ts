import { describe, expect, it } from 'vitest';
import { kernelLine } from '../src/kernel-line.ts';
import { ownHosts } from '../src/own-hosts.ts';
import type { Body, IpHeader, Packet } from '../src/packet.ts';

const host = { ...ownHosts(['web-1']).at(0)!, mac: '52:54:00:01:02:03', gatewayMac: '00:00:5e:00:01:0a' };
const link = 'IN=eth0 OUT= MAC=52:54:00:01:02:03:00:00:5e:00:01:0a';
const v4: IpHeader = { version: 4, src: '203.0.113.9', dst: '192.0.2.10', length: 60, tos: 0, ttl: 51, id: 5, df: true };
const v6: IpHeader = {
  version: 6,
  src: '2001:0db8:0000:0000:0000:0000:0000:0001',
  dst: host.ipv6,
  length: 80,
  tc: 0,
  hopLimit: 57,
  flow: 1234,
};
const v4Text = 'SRC=203.0.113.9 DST=192.0.2.10 LEN=60 TOS=0x00 PREC=0x00 TTL=51 ID=5 DF ';
const v6Text = `SRC=2001:0db8:0000:0000:0000:0000:0000:0001 DST=${host.ipv6} LEN=80 TC=0 HOPLIMIT=57 FLOWLBL=1234 `;

const cases: readonly (readonly [what: string, ip: IpHeader, body: Body, text: string])[] = [
  [
    'SYN',
    v4,
    { kind: 'tcp', srcPort: 40000, dstPort: 23, window: 1024, flags: 2 },
    `${v4Text}PROTO=TCP SPT=40000 DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0 `,
  ],
  [
    'no flag at all',
    v4,
    { kind: 'tcp', srcPort: 1, dstPort: 2, window: 0, flags: 0 },
    `${v4Text}PROTO=TCP SPT=1 DPT=2 WINDOW=0 RES=0x00 URGP=0 `,
  ],
  [
    'every flag, in the kernel’s order',
    v4,
    { kind: 'tcp', srcPort: 1, dstPort: 2, window: 0, flags: 255 },
    `${v4Text}PROTO=TCP SPT=1 DPT=2 WINDOW=0 RES=0x00 CWR ECE URG ACK PSH RST SYN FIN URGP=0 `,
  ],
  [
    'UDP with its second LEN',
    v4,
    { kind: 'udp', srcPort: 53, dstPort: 40000, length: 40 },
    `${v4Text}PROTO=UDP SPT=53 DPT=40000 LEN=40 `,
  ],
  [
    'echo with its second ID',
    v4,
    { kind: 'icmp', type: 8, code: 0, echo: { id: 7, sequence: 2 } },
    `${v4Text}PROTO=ICMP TYPE=8 CODE=0 ID=7 SEQ=2 `,
  ],
  [
    'unreachable with what it quotes, and the MTU after it',
    v4,
    { kind: 'icmp', type: 3, code: 4, mtu: 1400, quoted: { ip: { ...v4, df: false }, body: { kind: 'tcp-short' } } },
    `${v4Text}PROTO=ICMP TYPE=3 CODE=4 [${v4Text.replace('DF ', '')}PROTO=TCP INCOMPLETE [8 bytes] ] MTU=1400 `,
  ],
  ['a protocol without a name', v4, { kind: 'other', protocol: 2 }, `${v4Text}PROTO=2 `],
  [
    'TOS and PREC of one octet, lowest bit lost',
    { ...v4, tos: 0xdb, df: false },
    { kind: 'other', protocol: 47 },
    'SRC=203.0.113.9 DST=192.0.2.10 LEN=60 TOS=0x1A PREC=0xC0 TTL=51 ID=5 PROTO=47 ',
  ],
];

describe('kernelLine', () => {
  it.each(cases)('%s', (_what, ip, body, text) => {
    expect(kernelLine('iptables denied: ', { host, direction: 'in', ip, body })).toBe(`iptables denied: ${link}:08:00 ${text}`);
  });

  it('prints IPv6 addresses in full and the ethertype of IPv6', () => {
    const packet: Packet = {
      host,
      direction: 'in',
      ip: v6,
      body: { kind: 'icmp', type: 128, code: 0, echo: { id: 1, sequence: 9 } },
    };
    expect(kernelLine('[UFW BLOCK] ', packet)).toBe(
      `[UFW BLOCK] ${link}:86:dd ${v6Text}PROTO=ICMPv6 TYPE=128 CODE=0 ID=1 SEQ=9 `,
    );
  });

  it('prints no MAC without an input device, and the socket’s owner last', () => {
    const packet: Packet = {
      host,
      direction: 'out',
      ip: v4,
      body: { kind: 'udp', srcPort: 9, dstPort: 53, length: 40 },
      owner: { uid: 33, gid: 33 },
    };
    expect(kernelLine('', packet)).toBe(`IN= OUT=eth0 ${v4Text}PROTO=UDP SPT=9 DPT=53 LEN=40 UID=33 GID=33 `);
  });

  it('prints the link addresses of a broadcast as they were', () => {
    const mac = 'ff:ff:ff:ff:ff:ff:52:54:00:09:09:09';
    const packet: Packet = { host, direction: 'in', mac, ip: v4, body: { kind: 'other', protocol: 2 } };
    expect(kernelLine('', packet)).toBe(`IN=eth0 OUT= MAC=${mac}:08:00 ${v4Text}PROTO=2 `);
  });
});

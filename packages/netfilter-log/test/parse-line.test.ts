import { describe, expect, it } from 'vitest';
import { type NetfilterRecord, parseBytes, parseLine, type RejectReason } from '../src/index.ts';

const referenceTime = Date.UTC(2026, 10, 21, 9);
const mac = 'MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00';
const v4 = 'SRC=203.0.113.5 DST=198.51.100.1';
const ip = `${v4} LEN=60 TOS=0x00 PREC=0x00 TTL=52 ID=100`;
const six =
  'SRC=2001:0db8:0000:0000:0000:0000:0000:0001 DST=2001:0db8:0000:0000:0000:0000:0000:0002 LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=7';
const tcp = 'PROTO=TCP SPT=40000 DPT=22 WINDOW=1024 RES=0x00 SYN URGP=0';

const parse = (text: string): ReturnType<typeof parseLine> => parseLine(text, { referenceTime, host: 'h' });

function record(text: string): NetfilterRecord {
  const result = parse(text);
  if (!result.ok) throw new Error(`${result.reason}: ${text}`);
  return result.record;
}

describe('a body', () => {
  it.each<[name: string, body: string, columns: Partial<NetfilterRecord>]>([
    [
      'TCP SYN',
      `${ip} ${tcp} `,
      { proto: 'TCP', src_port: 40000, dst_port: 22, window: 1024, tcp_flags: 2, ttl: 52, ip_id: 100, length: 60 },
    ],
    ['no trailing space', `${ip} ${tcp}`, { proto: 'TCP', dst_port: 22, extra: 'TOS=0x00 PREC=0x00 RES=0x00 URGP=0' }],
    ['two trailing spaces', `${ip} ${tcp}  `, { proto: 'TCP', dst_port: 22, extra: 'TOS=0x00 PREC=0x00 RES=0x00 URGP=0' }],
    ['every flag', `${ip} PROTO=TCP SPT=1 DPT=2 WINDOW=3 RES=0x00 CWR ECE URG ACK PSH RST SYN FIN URGP=9 `, { tcp_flags: 255 }],
    ['NULL scan', `${ip} PROTO=TCP SPT=1 DPT=2 WINDOW=3 RES=0x00 URGP=0 `, { tcp_flags: 0, proto: 'TCP' }],
    [
      'accurate ECN',
      `${ip} PROTO=TCP SPT=1 DPT=2 WINDOW=3 RES=0x01 AE ACK URGP=0 `,
      { tcp_flags: 16, extra: 'TOS=0x00 PREC=0x00 RES=0x01 AE URGP=0' },
    ],
    [
      'a flag of a newer kernel',
      `${ip} PROTO=TCP SPT=1 DPT=2 WINDOW=3 RES=0x01 XYZ ACK URGP=0 `,
      { tcp_flags: 16, extra: 'TOS=0x00 PREC=0x00 RES=0x01 XYZ URGP=0' },
    ],
    [
      'ACK number and ACK flag',
      `${ip} PROTO=TCP SPT=1 DPT=2 SEQ=4294967295 ACK=7 WINDOW=3 RES=0x00 ACK SYN URGP=0 `,
      { tcp_flags: 18, extra: 'TOS=0x00 PREC=0x00 SEQ=4294967295 ACK=7 RES=0x00 URGP=0' },
    ],
    [
      'options twice',
      `${ip} OPT (94040000) ${tcp} OPT (020405B4) `,
      { dst_port: 22, extra: 'TOS=0x00 PREC=0x00 OPT (94040000) RES=0x00 URGP=0 OPT (020405B4)' },
    ],
    [
      'options cut short',
      `${ip} ${tcp} OPT (TRUNCATED) `,
      { dst_port: 22, extra: 'TOS=0x00 PREC=0x00 RES=0x00 URGP=0 OPT (TRUNCATED)' },
    ],
    ['UID and GID', `${ip} ${tcp} UID=0 GID=0 MARK=0x1 `, { extra: 'TOS=0x00 PREC=0x00 RES=0x00 URGP=0 UID=0 GID=0 MARK=0x1' }],
    ['UID alone (2.6)', `${ip} ${tcp} UID=1000 `, { extra: 'TOS=0x00 PREC=0x00 RES=0x00 URGP=0 UID=1000' }],
    [
      'UDP',
      `${ip} PROTO=UDP SPT=68 DPT=67 LEN=308 `,
      { proto: 'UDP', src_port: 68, dst_port: 67, length: 60, extra: 'TOS=0x00 PREC=0x00 LEN=308' },
    ],
    ['UDPLITE', `${ip} PROTO=UDPLITE SPT=5 DPT=6 LEN=8 `, { proto: '136', dst_port: 6 }],
    ['ports 0', `${ip} PROTO=UDP SPT=0 DPT=0 LEN=8 `, { proto: 'UDP', dst_port: 0 }],
    [
      'largest numbers',
      `${v4} LEN=65535 TOS=0x1E PREC=0xE0 TTL=255 ID=65535 PROTO=UDP SPT=65535 DPT=65535 LEN=65515 `,
      { length: 65535, ttl: 255, ip_id: 65535, dst_port: 65535 },
    ],
    ['BIG TCP', `${v4} LEN=130000 TOS=0x00 PREC=0x00 TTL=52 ID=1 ${tcp} `, { length: 130_000 }],
    ['IP flags', `${ip} CE DF MF PROTO=UDP SPT=1 DPT=2 LEN=8 `, { extra: 'TOS=0x00 PREC=0x00 CE DF MF LEN=8' }],
    ['later fragment', `${ip} FRAG:185 PROTO=TCP `, { proto: 'TCP', src_port: 0, extra: 'TOS=0x00 PREC=0x00 FRAG:185' }],
    [
      'later fragment with a mark',
      `${ip} FRAG:185 PROTO=UDP MARK=0x5 `,
      { proto: 'UDP', extra: 'TOS=0x00 PREC=0x00 FRAG:185 MARK=0x5' },
    ],
    ['later fragment of AH', `${ip} FRAG:185 `, { proto: '51' }],
    ['the last fragment there can be', `${ip} FRAG:8191 PROTO=TCP `, { extra: 'TOS=0x00 PREC=0x00 FRAG:8191' }],
    [
      'TCP header short',
      `${ip} PROTO=TCP INCOMPLETE [8 bytes] `,
      { proto: 'TCP', extra: 'TOS=0x00 PREC=0x00 INCOMPLETE [8 bytes]' },
    ],
    [
      'ICMP header short',
      `${ip} PROTO=ICMP INCOMPLETE [2 bytes] UID=1 GID=2 `,
      { proto: 'ICMP', extra: 'TOS=0x00 PREC=0x00 INCOMPLETE [2 bytes] UID=1 GID=2' },
    ],
    ['ICMP body short', `${ip} PROTO=ICMP TYPE=8 CODE=0 INCOMPLETE [6 bytes] `, { icmp_type: 8, icmp_code: 0 }],
    [
      'echo',
      `${ip} PROTO=ICMP TYPE=8 CODE=0 ID=2122 SEQ=3 `,
      { proto: 'ICMP', icmp_type: 8, ip_id: 100, extra: 'TOS=0x00 PREC=0x00 ID=2122 SEQ=3' },
    ],
    [
      'redirect',
      `${ip} PROTO=ICMP TYPE=5 CODE=1 GATEWAY=10.0.0.1 [${ip} ${tcp} ] `,
      { icmp_type: 5, src: '203.0.113.5', dst_port: 0 },
    ],
    [
      'parameter problem',
      `${ip} PROTO=ICMP TYPE=12 CODE=0 PARAMETER=20 `,
      { icmp_type: 12, extra: 'TOS=0x00 PREC=0x00 PARAMETER=20' },
    ],
    [
      'a quoted packet is not the packet',
      `${ip} PROTO=ICMP TYPE=3 CODE=4 [SRC=198.51.100.1 DST=192.0.2.9 LEN=1500 TOS=0x00 PREC=0x00 TTL=9 ID=7 DF PROTO=TCP INCOMPLETE [8 bytes] ] MTU=1492 `,
      { src: '203.0.113.5', proto: 'ICMP', length: 60, ttl: 52, ip_id: 100, icmp_type: 3, icmp_code: 4, src_port: 0 },
    ],
    ['type without more, stripped', `${ip} PROTO=ICMP TYPE=13 CODE=0`, { icmp_type: 13 }],
    ['AH', `${ip} PROTO=AH SPI=0x1f `, { proto: '51', extra: 'TOS=0x00 PREC=0x00 SPI=0x1f' }],
    ['ESP', `${ip} PROTO=ESP SPI=0x1f `, { proto: '50' }],
    ['IGMP', `${ip} PROTO=2 `, { proto: '2' }],
    ['IGMP, stripped', `${ip} PROTO=2`, { proto: '2' }],
    ['GRE', `${ip} PROTO=47 `, { proto: '47' }],
    ['SCTP has no ports', `${ip} PROTO=132 `, { proto: '132' }],
    ['TCP as a number', `${ip} PROTO=6 SPT=1 DPT=2 WINDOW=3 RES=0x00 SYN URGP=0 `, { proto: 'TCP' }],
    ['IP options short', `${ip} TRUNCATED`, { proto: '', src: '203.0.113.5' }],
    [
      'IPv6',
      `${six} ${tcp} `,
      { src: '2001:db8::1', dst: '2001:db8::2', ttl: 64, length: 80, extra: 'TC=0 FLOWLBL=7 RES=0x00 URGP=0' },
    ],
    ['ICMPv6', `${six} PROTO=ICMPv6 TYPE=135 CODE=0 `, { proto: 'ICMPv6', icmp_type: 135 }],
    ['ICMPv6 echo', `${six} PROTO=ICMPv6 TYPE=128 CODE=0 ID=5 SEQ=6 `, { ip_id: 0, extra: 'TC=0 FLOWLBL=7 ID=5 SEQ=6' }],
    [
      'ICMPv6 too big',
      `${six} PROTO=ICMPv6 TYPE=2 CODE=0 [${six} PROTO=UDP SPT=1 DPT=2 LEN=8 ] MTU=1280 `,
      { icmp_type: 2, proto: 'ICMPv6' },
    ],
    ['pointer', `${six} PROTO=ICMPv6 TYPE=4 CODE=1 POINTER=00000028 `, { icmp_code: 1 }],
    ['IPv6 first fragment', `${six} FRAG:0 INCOMPLETE ID:0000abcd PROTO=UDP SPT=1 DPT=2 LEN=8 `, { proto: 'UDP', dst_port: 2 }],
    ['IPv6 later fragment', `${six} FRAG:1448 ID:0000abcd PROTO=UDP `, { proto: 'UDP', dst_port: 0 }],
    [
      'IPv6 headers with nothing in them',
      `${six} OPT ( ) OPT ( ) PROTO=UDP SPT=1 DPT=2 LEN=8 `,
      { dst_port: 2, extra: 'TC=0 FLOWLBL=7 OPT ( ) OPT ( ) LEN=8' },
    ],
    ['AH among IPv6 headers', `${six} OPT ( AH SPI=0x1 ) PROTO=UDP SPT=1 DPT=2 LEN=8 `, { proto: 'UDP' }],
    ['ESP ends an IPv6 line', `${six} `, { proto: '50' }],
    ['ESP among IPv6 headers ends the line', `${six} OPT ( ESP SPI=0x1 )`, { proto: '50' }],
    ['later fragment within options', `${six} OPT ( FRAG:8 ID:00000000 ) PROTO=TCP `, { proto: 'TCP' }],
    ['no next header', `${six} PROTO=59 `, { proto: '59' }],
    ['unknown IPv6 header', `${six} Unknown Ext Hdr 135`, { proto: '' }],
    ['ICMP within IPv6 is a number', `${six} PROTO=1 `, { proto: '1' }],
    [
      'compressed IPv6 (ulogd)',
      'SRC=2001:db8::1 DST=fe80::2 LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=7 PROTO=59 ',
      { src: '2001:db8::1', dst: 'fe80::2' },
    ],
    [
      'order of Proxmox',
      `SRC=2001:db8::1 DST=fe80::2 LEN=60 TC=0 FLOWLBL=0 HOPLIMIT=64 PROTO=TCP SPT=1 DPT=22 SEQ=1 ACK=0 WINDOW=64800 SYN `,
      { tcp_flags: 2, ttl: 64, window: 64800 },
    ],
    [
      'order of nobody',
      `PROTO=TCP DPT=22 SPT=9 WINDOW=1 SYN URGP=0 TTL=3 ID=4 DST=198.51.100.1 SRC=203.0.113.5 LEN=40 `,
      { src: '203.0.113.5', dst_port: 22, ip_id: 4, length: 40, tcp_flags: 2 },
    ],
    [
      'TOS without 0x, MARK without 0x (ulogd)',
      `${v4} LEN=40 TOS=00 PREC=0x00 TTL=1 ID=2 PROTO=TCP SPT=1 DPT=2 SEQ=1 ACK=2 WINDOW=3 SYN URGP=0 MARK=1a0000 `,
      { dst_port: 2 },
    ],
    ['INCOMPLETE without a space (ulogd)', `${ip} PROTO=TCP INCOMPLETEMARK=0 `, { proto: 'TCP' }],
    [
      'FRAG: with a space (ulogd)',
      `${six} FRAG: 8 ID: 0000abcd PROTO=UDP `,
      { proto: 'UDP', extra: 'TC=0 FLOWLBL=7 FRAG: 8 ID: 0000abcd' },
    ],
    ['SCTP with ports (ulogd)', `${ip} PROTO=SCTP SPT=1 DPT=2 `, { proto: '132', dst_port: 2 }],
    [
      'levels left in the text (Asuswrt)',
      `<1>${v4} <1>LEN=40 TTL=9 ID=1 ${tcp} `,
      { src: '203.0.113.5', dst_port: 22, length: 40 },
    ],
    ['a key nobody knows', `${ip} ${tcp} ZONE=wan `, { extra: 'TOS=0x00 PREC=0x00 RES=0x00 URGP=0 ZONE=wan' }],
    ['VLAN MAC', `MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00:45:fc:02:1c ${ip} ${tcp} `, { dst_port: 22 }],
    ['six byte MAC', `MAC=52:54:00:12:34:56 ${ip} ${tcp} `, { dst_port: 22 }],
    ['empty MAC', `MAC= ${ip} ${tcp} `, { extra: 'MAC= TOS=0x00 PREC=0x00 RES=0x00 URGP=0' }],
    [
      'macdecode with VLAN',
      `MACSRC=52:54:00:ab:cd:ef MACDST=52:54:00:12:34:56 VPROTO=8100 VID=20485 MACPROTO=0800 ${ip} ${tcp} `,
      { dst_port: 22 },
    ],
    ['tunnel', `MAC= TUNNEL=192.0.2.1->192.0.2.2 ${six} ${tcp} `, { dst_port: 22 }],
    [
      'bridge',
      `PHYSIN=veth0 PHYSOUT=veth1 ${mac} ${ip} ${tcp} `,
      { dst_port: 22, extra: `PHYSIN=veth0 PHYSOUT=veth1 ${mac} TOS=0x00 PREC=0x00 RES=0x00 URGP=0` },
    ],
  ])('%s', (_, body, columns) => {
    expect(record(`p: IN=eth0 OUT= ${body}`)).toMatchObject({ prefix: 'p:', in_iface: 'eth0', out_iface: '', ...columns });
  });

  it('of a 2.4 bridge has each physical port behind its interface', () => {
    expect(record(`IN=br0 PHYSIN=eth0 OUT=br0 PHYSOUT=eth1 ${ip} ${tcp}  `)).toMatchObject({
      in_iface: 'br0',
      out_iface: 'br0',
      direction: 'forward',
      extra: 'PHYSIN=eth0 PHYSOUT=eth1 TOS=0x00 PREC=0x00 RES=0x00 URGP=0',
    });
  });

  it.each([
    ['IN=eth0 OUT=', 'in'],
    ['IN= OUT=eth0', 'out'],
    ['IN=eth0 OUT=eth1', 'forward'],
    ['IN= OUT=', 'in'],
    ['IN=eth0', 'in'],
    ['OUT=eth0', 'out'],
    ['OUT=eth1 IN=eth0', 'forward'],
  ])('with %s goes %s', (interfaces, direction) => {
    expect(record(`x ${interfaces} ${ip} ${tcp} `)).toMatchObject({ direction, prefix: 'x', dst_port: 22 });
  });

  it('takes device names with odd characters', () => {
    expect(record(`IN=a=b.1-2@c OUT=15characters_ok ${ip} ${tcp} `)).toMatchObject({
      in_iface: 'a=b.1-2@c',
      out_iface: '15characters_ok',
    });
  });
});

describe('a line without a record', () => {
  it.each<[reason: RejectReason, line: string]>([
    ['empty', ''],
    ['empty', '   '],
    ['not-a-packet', 'usb 1-1: new high-speed USB device'],
    ['not-a-packet', '-- Boot 0123456789abcdef --'],
    [
      'arp',
      'IN=eth0 OUT= ARP HTYPE=1 PTYPE=0x0800 OPCODE=1 MACSRC=52:54:00:ab:cd:ef IPSRC=10.0.0.1 MACDST=00:00:00:00:00:00 IPDST=10.0.0.2',
    ],
    ['arp', 'IN=eth0 OUT= MACSRC=52:54:00:ab:cd:ef MACDST=ff:ff:ff:ff:ff:ff MACPROTO=0806 ARP HTYPE=1 PTYPE=0x0800 OPCODE=1'],
    ['arp', 'IN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2 PROTO=ARP REQUEST'],
    ['non-ip', `IN=eth0 OUT= ${mac} `],
    [
      'ebtables',
      'p IN=eth0 OUT= MAC source = 52:54:00:ab:cd:ef MAC dest = ff:ff:ff:ff:ff:ff proto = 0x0800 IP SRC=1.2.3.4 IP DST=5.6.7.8, IP tos=0x00, IP proto=6 SPT=1 DPT=2',
    ],
    ['audit', 'audit: type=1325 audit(1.2:3): mark=0x0 saddr=1.2.3.4 daddr=5.6.7.8 proto=6'],
    ['conntrack', 'nf_ct_proto_6: invalid packet ignored in state ESTABLISHED SRC=1.2.3.4 DST=5.6.7.8 LEN=60 DF SPT=1 DPT=2'],
    [
      'xtables-monitor',
      'PACKET: 2 1266087f IN=eth0 MACSRC=2:42:ac:16:0:2 MACDST=2:42:ac:16:0:3 MACPROTO=0800 SRC=1.2.3.4 DST=5.6.7.8 LEN=60 TOS=0x0 TTL=64 ID=4835DF SPORT=57798 DPORT=8080 SYN',
    ],
    ['ulogd-json', '{"timestamp": "2026-11-21T09:00:00.000001", "dvc": "fw", "oob.prefix": "drop", "src_ip": "1.2.3.4"}'],
    ['sophos', '2012:03:05-22:21:05 fw ulogd[4]: id="2001" severity="info" name="Packet dropped" srcip="1.2.3.4" proto="17"'],
    ['cef', 'Nov 21 08:00:00 udm CEF:0|Ubiquiti|UniFi Network|9.0|201|Threat|7|src=1.2.3.4 dpt=22'],
    ['no-interfaces', ' SRC=1.2.3.4 DST=5.6.7.8 LEN=40'],
    ['no-interfaces', 'L=126 ID=8698 DF PROTO=TCP SPT=1 DPT=2 '],
    ['truncated-packet', 'IN=eth0 OUT= MAC= TRUNCATED'],
    ['cut', 'IN=eth0 OUT='],
    ['cut', 'IN=eth0 O'],
    ['malformed-field', `IN=eth0 OUT= ${v4} LEN=x TTL=1 PROTO=2 `],
    ['malformed-field', `IN=eth0 OUT= ${v4} LEN=040 TTL=1 PROTO=2 `],
    ['malformed-field', `IN=eth0 OUT= ${v4} LEN=-4 TTL=1 PROTO=2 `],
    ['malformed-field', `IN=eth0 OUT= ${v4} LEN=40 TTL=1 PROTO=NOPE `],
    ['malformed-field', `IN=eth0 OUT= MAC=52:5 ${ip} ${tcp} `],
    ['malformed-field', `IN=eth0 OUT= MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:0g ${ip} ${tcp} `],
    ['out-of-range', `IN=eth0 OUT= ${ip} PROTO=TCP SPT=65536 DPT=22 WINDOW=1 RES=0x00 SYN URGP=0 `],
    ['out-of-range', `IN=eth0 OUT= ${ip} PROTO=UDP SPT=1 DPT=99999999999999999999 LEN=1 `],
    ['out-of-range', `IN=eth0 OUT= ${ip} PROTO=UDP SPT=1 DPT=70000`],
    ['out-of-range', `IN=eth0 OUT= ${v4} LEN=4294967296 TTL=1 PROTO=2 `],
    ['out-of-range', `IN=eth0 OUT= ${v4} LEN=40 TTL=256 PROTO=2 `],
    ['out-of-range', `IN=eth0 OUT= ${v4} LEN=40 TTL=1 ID=65536 PROTO=2 `],
    ['out-of-range', `IN=eth0 OUT= ${ip} PROTO=256 `],
    ['out-of-range', `IN=eth0 OUT= ${ip} FRAG:8192 PROTO=TCP `],
    ['out-of-range', `IN=eth0 OUT= ${six} FRAG:65529 ID:00000001 `],
    ['out-of-range', `IN=eth0 OUT= ${six} OPT ( FRAG:99999 ID:00000001 ) `],
    ['out-of-range', `IN=eth0 OUT= ${ip} PROTO=ICMP TYPE=256 CODE=0 `],
    ['out-of-range', `IN=eth0 OUT= ${ip} PROTO=ICMP TYPE=8 CODE=900 `],
    ['out-of-range', `IN=eth0 OUT= ${ip} PROTO=TCP SPT=1 DPT=22 WINDOW=65536 RES=0x00 SYN URGP=0 `],
    ['out-of-range', `IN=eth0 OUT= ${ip} PROTO=TCP SPT=1 DPT=22 WINDOW=1 RES=0x00 SYN URGP=65536 `],
    ['bad-address', 'IN=eth0 OUT= SRC=999.1.1.1 DST=198.51.100.1 LEN=40 TTL=1 PROTO=2 '],
    ['bad-address', 'IN=eth0 OUT= SRC=1.2.3 DST=198.51.100.1 LEN=40 TTL=1 PROTO=2 '],
    ['bad-address', 'IN=eth0 OUT= SRC=01.2.3.4 DST=198.51.100.1 LEN=40 TTL=1 PROTO=2 '],
    ['bad-address', 'IN=eth0 OUT= SRC= DST=198.51.100.1 LEN=40 TTL=1 PROTO=2 '],
    ['bad-address', 'IN=eth0 OUT= SRC=1.2.3.4 DST=2001:db8::1 LEN=40 TTL=1 PROTO=2 '],
    ['bad-address', 'IN=eth0 OUT= SRC=1::2::3 DST=2001:db8::1 LEN=40 TTL=1 PROTO=2 '],
    ['duplicate-field', `IN=eth0 OUT= ${ip} SRC=8.8.8.8 ${tcp} `],
    ['duplicate-field', `IN=eth0 OUT= ${ip} ${tcp} DPT=443 `],
    ['duplicate-field', `IN=eth0 OUT= ${ip} ${tcp} SYN `],
    ['duplicate-field', `IN=eth0 OUT= ${ip} ${tcp} MARK=0x1 MARK=0x2 `],
    ['unexpected-text', `IN=eth0 OUT= ${ip} ${tcp} and then some `],
    ['unexpected-text', `IN=eth0 OUT= ${ip} [12.5] usb 1-1: disconnect ${tcp} `],
    ['unexpected-text', `IN=eth0 OUT= ${ip}\tPROTO=2 `],
    ['unexpected-text', `IN=eth0 OUT= ${ip} ${tcp} [DST=1.2.3.4 ] `],
    ['long-prefix', `${'x'.repeat(300)} IN=eth0 OUT= ${ip} ${tcp} `],
    ['time-out-of-range', `1970-01-02T00:00:00Z h kernel: IN=eth0 OUT= ${ip} ${tcp} `],
    ['time-out-of-range', `2099-01-01T00:00:00Z h kernel: IN=eth0 OUT= ${ip} ${tcp} `],
    ['bad-time', `2026-02-30T00:00:00Z h kernel: IN=eth0 OUT= ${ip} ${tcp} `],
    ['bad-time', `2026-11-20T10:00:00+99:00 h kernel: IN=eth0 OUT= ${ip} ${tcp} `],
    ['bad-time', `2026-11-20T10:00:00-00:60 h kernel: IN=eth0 OUT= ${ip} ${tcp} `],
    ['bad-time', `Nov 31 00:00:00 h kernel: IN=eth0 OUT= ${ip} ${tcp} `],
    ['bad-time', `Nov 21 25:00:00 h kernel: IN=eth0 OUT= ${ip} ${tcp} `],
  ])('%s: %s', (reason, line) => {
    expect(parse(line)).toEqual({ ok: false, reason, undercount: null, longLine: false });
  });
});

describe('a cut', () => {
  const lines = [
    `Nov 21 08:00:00 web-1 kernel: [12.5] drop: IN=eth0 OUT= ${mac} ${ip} DF PROTO=TCP SPT=40000 DPT=443 WINDOW=1024 RES=0x00 ACK SYN URGP=0 OPT (020405B4) MARK=0x1f `,
    `drop: IN=eth0 OUT= ${ip} PROTO=UDP SPT=5353 DPT=53 LEN=40 `,
    `drop: IN=eth0 OUT= ${ip} PROTO=ICMP TYPE=3 CODE=13 [${ip} PROTO=UDP SPT=5 DPT=53 LEN=40 ] `,
    `drop: IN=eth0 OUT= ${six} ${tcp} `,
    `drop: IN=eth0 OUT= ${ip} PROTO=TCP SPT=40000 DPT=443 SEQ=1 ACK=234 WINDOW=1024 ACK PSH `,
    `IN=a OUT= ${v4} LEN=40 TTL=1 ID=1 ${tcp} IN=eth0 OUT= ${mac} ${ip} PROTO=UDP SPT=5353 DPT=53 LEN=40 `,
  ];

  it.each(lines)('anywhere never makes a wrong port, address, length or flag of %s', (line) => {
    const whole = record(line);
    let records = 0;
    for (let end = 0; end < line.length; end++) {
      const result = parse(line.slice(0, end));
      if (!result.ok) continue;
      // Before the second IN= of the forged line is there, the first is all there is.
      if (line.startsWith('IN=a') && end <= line.indexOf(' IN=eth0') + 3) continue;
      records++;
      // What ends with FLOWLBL= is how the kernel prints ESP.
      if (result.record.proto === '50') continue;
      const { time: _, extra, tcp_flags: flags, proto, ...columns } = result.record;
      expect(whole).toMatchObject(columns);
      expect(whole.extra.slice(0, extra.length)).toBe(extra);
      expect(proto).toBe(whole.proto);
      // Writers that print no URGP may end with any flag.
      const endsWithFlags = line.includes('ACK PSH');
      expect([0, whole.tcp_flags, ...(endsWithFlags ? [16] : [])]).toContain(flags);
    }
    expect(records).toBeGreaterThan(0);
  });

  it.each([
    'IN=eth0 OUT= SRC=203.0.113.5 DST=198.51.100.1 LEN=40 TTL=1 ID=1 PROTO=TCP SPT=1 DPT=44',
    'IN=eth0 OUT= SRC=203.0.113.5 DST=198.51.100.1 LEN=40 TTL=1 ID=1 PROTO=UDP SPT=1 DPT=44',
    'IN=eth0 OUT= SRC=203.0.113.5 DST=198.51.100.1 LEN=40 TTL=1 ID=1 PROTO=TCP SPT=1 DPT=443 WINDOW=512 RES=0x00 ACK ',
    'IN=eth0 OUT= SRC=203.0.113.5 DST=198.51.100.1 LEN=40 TTL=1 ID=1 PROTO=TCP SPT=1 DPT=443 ',
    'IN=eth0 OUT= SRC=203.0.113.5 DST=198.51.100.1 LEN=40 TTL=1 ID=1 PROTO=ICMP TYPE=3 CODE=1 [SRC=198.51.100.1 DST=8',
    'IN=eth0 OUT= SRC=203.0.113.5 DST=198.51.100.1 LEN=40 TTL=1 ID=1 PROTO=ICMP TYPE=3 CODE=1',
    'IN=eth0 OUT= SRC=203.0.113.5 DST=198.51.10',
    'IN=eth0 OUT= SRC=203.0.113.5 DST=198.51.100.1 LEN=40 TTL=1 ID=1 PROTO=TC',
  ])('%s', (line) => {
    expect(parse(line)).toMatchObject({ ok: false, reason: 'cut' });
  });

  it('where the last value can only be whole is no loss', () => {
    expect(parse(`IN=eth0 OUT= ${ip} PROTO=UDP SPT=1 DPT=44321`)).toMatchObject({ ok: true, record: { dst_port: 44321 } });
    expect(parse(`IN=eth0 OUT= ${ip} PROTO=UDP SPT=1 DPT=0`)).toMatchObject({ ok: true, record: { dst_port: 0 } });
  });
});

describe('text', () => {
  it('never holds control characters or invalid UTF-8', () => {
    const bytes = Uint8Array.from([
      0xff,
      0x07,
      0xc3,
      0xa9,
      0x5c,
      0x20,
      ...new TextEncoder().encode(`IN=eth0 OUT= ${ip} ${tcp} `),
    ]);
    const result = parseBytes(bytes, { referenceTime });
    expect(result.ok && result.record.prefix).toBe('\\xff\\x07é\\');
  });

  it('comes back for CRLF and for LF', () => {
    expect(record(`IN=eth0 OUT= ${ip} ${tcp} \r\n`)).toEqual(record(`IN=eth0 OUT= ${ip} ${tcp} `));
  });

  it('of an unknown time zone is the caller’s mistake', () => {
    expect(() => parseLine('x', { timeZone: 'Mars/Olympus' })).toThrow(RangeError);
    expect(() => parseLine('x', { timeZone: '+99:00' })).toThrow(RangeError);
  });
});

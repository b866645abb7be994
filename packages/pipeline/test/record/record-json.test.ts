import { parseLine } from '@droplens/netfilter-log';
import { describe, expect, it } from 'vitest';
import { flagNames, type JsonValue, recordToJson, rowColumns } from '../../src/index.ts';

const referenceTime = Date.UTC(2026, 10, 21, 9);
const ip = 'SRC=203.0.113.5 DST=198.51.100.1 LEN=60 TOS=0x10 PREC=0x20 TTL=52 ID=100';
const six =
  'SRC=2001:0db8:0000:0000:0000:0000:0000:0001 DST=2001:0db8:0000:0000:0000:0000:0000:0002 LEN=80 TC=4 HOPLIMIT=64 FLOWLBL=7';

function json(body: string): Record<string, JsonValue> {
  const result = parseLine(`2026-11-21T08:05:09.250Z web-1 kernel: drop: IN=eth0 OUT= ${body}`, { referenceTime });
  if (!result.ok) throw new Error(`${result.reason}: ${body}`);
  return recordToJson(result.record);
}

describe('recordToJson', () => {
  it('has the columns of drops, and each piece of extra under its own key', () => {
    expect(
      json(
        `MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 ${ip} DF PROTO=TCP SPT=40000 DPT=22 SEQ=1 ACK=2 WINDOW=1024 RES=0x00 ACK SYN URGP=0 OPT (020405B4) UID=0 GID=5 MARK=0x1f `,
      ),
    ).toEqual({
      time: '2026-11-21T08:05:09.250Z',
      host: 'web-1',
      prefix: 'drop:',
      action: 'deny',
      direction: 'in',
      in_iface: 'eth0',
      out_iface: '',
      src: '203.0.113.5',
      dst: '198.51.100.1',
      proto: 'TCP',
      src_port: 40000,
      dst_port: 22,
      length: 60,
      ttl: 52,
      ip_id: 100,
      tcp_flags: ['ACK', 'SYN'],
      window: 1024,
      icmp_type: null,
      icmp_code: null,
      extra:
        'MAC=52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00 TOS=0x10 PREC=0x20 DF SEQ=1 ACK=2 RES=0x00 URGP=0 OPT (020405B4) UID=0 GID=5 MARK=0x1f',
      mac: '52:54:00:12:34:56:52:54:00:ab:cd:ef:08:00',
      mac_dst: '52:54:00:12:34:56',
      mac_src: '52:54:00:ab:cd:ef',
      tos: '0x10',
      prec: '0x20',
      df: true,
      seq: 1,
      ack: 2,
      res: '0x00',
      urgp: 0,
      tcp_opt: '020405B4',
      uid: 0,
      gid: 5,
      mark: '0x1f',
    });
  });

  it('names every column but the position', () => {
    expect(Object.keys(json(`${ip} PROTO=2 `))).toEqual(
      expect.arrayContaining(rowColumns.filter((column) => column !== 'position')),
    );
  });

  it.each<[name: string, body: string, expected: Record<string, JsonValue>]>([
    [
      'a quoted packet',
      `${ip} PROTO=ICMP TYPE=3 CODE=4 [SRC=198.51.100.1 DST=192.0.2.9 LEN=1500 TOS=0x00 PREC=0x00 TTL=9 ID=7 DF PROTO=TCP SPT=443 DPT=5 WINDOW=9 RES=0x00 ACK URGP=0 ] MTU=1492 `,
      {
        src: '203.0.113.5',
        proto: 'ICMP',
        src_port: null,
        dst_port: null,
        tcp_flags: null,
        icmp_type: 3,
        icmp_code: 4,
        mtu: 1492,
        inner_src: '198.51.100.1',
        inner_dst: '192.0.2.9',
        inner_length: 1500,
        inner_ttl: 9,
        inner_ip_id: 7,
        inner_df: true,
        inner_proto: 'TCP',
        inner_src_port: 443,
        inner_dst_port: 5,
        inner_window: 9,
        inner_tcp_flags: ['ACK'],
      },
    ],
    [
      'a quoted UDP packet',
      `${ip} PROTO=ICMP TYPE=3 CODE=3 [${ip} PROTO=UDP SPT=1 DPT=2 LEN=8 ] `,
      { inner_proto: 'UDP', inner_length: 60, inner_udp_length: 8 },
    ],
    [
      'a quoted piece',
      `${ip} PROTO=ICMP TYPE=11 CODE=0 [${ip} PROTO=TCP INCOMPLETE [8 bytes] ] `,
      { inner_incomplete: 8, inner_proto: 'TCP' },
    ],
    ['an echo', `${ip} PROTO=ICMP TYPE=8 CODE=0 ID=2122 SEQ=3 `, { ip_id: 100, icmp_id: 2122, icmp_seq: 3, icmp_type: 8 }],
    ['an echo reply', `${ip} PROTO=ICMP TYPE=0 CODE=0 ID=2122 SEQ=3 `, { icmp_type: 0, icmp_code: 0 }],
    ['UDP', `${ip} PROTO=UDP SPT=0 DPT=53 LEN=40 `, { src_port: 0, dst_port: 53, udp_length: 40, tcp_flags: null, window: null }],
    ['a NULL scan', `${ip} PROTO=TCP SPT=1 DPT=2 WINDOW=3 RES=0x00 URGP=0 `, { tcp_flags: [] }],
    [
      'a later fragment',
      `${ip} MF FRAG:185 PROTO=TCP `,
      { src_port: null, dst_port: null, tcp_flags: null, frag: 185, mf: true },
    ],
    ['a header cut short', `${ip} PROTO=TCP INCOMPLETE [8 bytes] `, { dst_port: null, incomplete: 8 }],
    [
      'IPv6',
      `${six} FRAG:0 INCOMPLETE ID:00000010 PROTO=UDP SPT=1 DPT=2 LEN=8 `,
      {
        src: '2001:db8::1',
        dst: '2001:db8::2',
        ip_id: null,
        tc: 4,
        flowlbl: 7,
        frag: 0,
        incomplete: true,
        frag_id: '00000010',
        dst_port: 2,
      },
    ],
    [
      'a bridge',
      `PHYSIN=veth0 PHYSOUT=veth1 MAC= ${ip} OPT (94040000) PROTO=2 `,
      { phys_in: 'veth0', phys_out: 'veth1', mac: '', ip_opt: '94040000', proto: '2' },
    ],
    [
      'macdecode',
      `MACSRC=52:54:00:ab:cd:ef MACDST=52:54:00:12:34:56 VPROTO=8100 VID=7 MACPROTO=0800 ${ip} PROTO=2 `,
      { mac_src: '52:54:00:ab:cd:ef', mac_dst: '52:54:00:12:34:56', vproto: '8100', vid: 7, mac_proto: '0800' },
    ],
    [
      'hexadecimal of a writer that leaves 0x away',
      `${ip.replace(/TOS=\S+/, 'TOS=10')} PROTO=2 MARK=100000 `,
      { tos: '10', mark: '100000' },
    ],
    ['ESP', `${ip} PROTO=ESP SPI=0x1f `, { proto: '50', spi: '0x1f' }],
    [
      'a key nobody knows does not cover a column',
      `${ip} PROTO=2 HOST=evil ACTION=allow __PROTO__=1 `,
      { host: 'web-1', action: 'deny', proto: '2' },
    ],
  ])('%s', (_, body, expected) => {
    expect(json(body)).toMatchObject(expected);
  });
});

it('names flags in the order of the kernel', () => {
  expect(flagNames(255)).toEqual(['CWR', 'ECE', 'URG', 'ACK', 'PSH', 'RST', 'SYN', 'FIN']);
  expect(flagNames(0)).toEqual([]);
});

import type { RowBlock } from '@droplens/transport';

/** Columns of a row as text; what is not given is an ordinary TCP SYN. */
export interface SampleRow {
  position: number | string;
  time: string;
  host: string;
  prefix: string;
  action: string;
  in_iface: string;
  out_iface: string;
  src: string;
  dst: string;
  proto: string;
  src_port: number | string;
  dst_port: number | string;
  length: number | string;
  ttl: number | string;
  ip_id: number | string;
  tcp_flags: number | string;
  window: number | string;
  icmp_type: number | string;
  icmp_code: number | string;
  extra: string;
}

/** A row's text without its newline. */
export function sampleRow(columns: Partial<SampleRow> = {}): string {
  const row: SampleRow = {
    position: 1,
    time: '1795132800.000',
    host: 'web-1',
    prefix: 'iptables denied:',
    action: 'deny',
    in_iface: 'eth0',
    out_iface: '',
    src: '8.8.8.8',
    dst: '192.0.2.10',
    proto: 'TCP',
    src_port: 40_000,
    dst_port: 22,
    length: 60,
    ttl: 52,
    ip_id: 12_345,
    tcp_flags: 2,
    window: 1024,
    icmp_type: 0,
    icmp_code: 0,
    extra: 'MAC=00:16:3e:00:00:01:00:16:3e:00:00:02:08:00 TOS=0x00 PREC=0x00 URGP=0',
    ...columns,
  };
  return Object.values(row).join('\t');
}

/** A block with one row per position of `positions`; the row is the same for the same position, wherever it comes. */
export function sampleBlock(stream: string, epoch: string, first: number, last: number, positions: readonly number[]): RowBlock {
  const text = positions.map((position) => `${sampleRow(identity(position))}\n`).join('');
  return { stream, epoch, first, last, rows: positions.length, text: Buffer.from(text) };
}

/** Columns from which the position can be told again: `extra` holds it, addresses, ports and times spread over it. */
export function identity(position: number): Partial<SampleRow> {
  return {
    position,
    time: `${1_795_132_800 + (position % 7200)}.${String(position % 1000).padStart(3, '0')}`,
    src: `${1 + (position % 200)}.${position % 251}.7.9`,
    dst_port: position % 65_536,
    extra: `SEQ=${position}`,
  };
}

/** Every number of [first, last]. */
export function every(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** One row as the loader hands it over, in JavaScript values; tests compute their answers from these. */
export interface SampleRow {
  position: number;
  /** Milliseconds since 1970. */
  time: number;
  host: string;
  prefix: string;
  action: 'unknown' | 'deny' | 'allow' | 'audit';
  in_iface: string;
  out_iface: string;
  src: string;
  dst: string;
  proto: string;
  src_port: number;
  dst_port: number;
  length: number;
  ttl: number;
  ip_id: number;
  tcp_flags: number;
  window: number;
  icmp_type: number;
  icmp_code: number;
  extra: string;
  country: string;
  asn: number;
}

/** A repeatable source of numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const plainRow: SampleRow = {
  position: 1,
  time: Date.parse('2026-11-20T10:00:00.000Z'),
  host: 'web-1',
  prefix: 'iptables denied:',
  action: 'deny',
  in_iface: 'eth0',
  out_iface: '',
  src: '203.0.113.66',
  dst: '198.51.100.5',
  proto: 'TCP',
  src_port: 40146,
  dst_port: 23,
  length: 40,
  ttl: 241,
  ip_id: 54321,
  tcp_flags: 2,
  window: 65535,
  icmp_type: 0,
  icmp_code: 0,
  extra: 'MAC=52:54:00:12:34:56:52:54:00:65:43:21:08:00 TOS=0x00 PREC=0x00 RES=0x00 URGP=0',
  country: 'NL',
  asn: 64500,
};

/** `count` varied rows over `hours` from `start`, the same for a seed. */
export function sampleRows(options: {
  seed: number;
  count: number;
  start: number;
  hours: number;
  sources?: number;
}): SampleRow[] {
  const random = seeded(options.seed);
  const pick = <T>(values: readonly T[]): T => values.at(Math.floor(random() * values.length))!;
  const sources = Array.from({ length: options.sources ?? 60 }, (_, index) => ({
    address:
      index % 7 === 0
        ? `2001:db8:${((index % 5) + 1).toString(16)}::${(index + 1).toString(16)}`
        : `203.0.${Math.floor(index / 40)}.${(index * 7) % 256}`,
    country: pick(['NL', 'US', 'DE', 'BR', '']),
    asn: 64500 + (index % 9),
    ttl: 40 + (index % 200),
  }));
  return Array.from({ length: options.count }, (_, index) => {
    const source = sources.at(Math.floor(random() ** 3 * sources.length))!;
    const v6 = source.address.includes(':');
    const proto = pick(['TCP', 'TCP', 'TCP', 'UDP', v6 ? 'ICMPv6' : 'ICMP', '47']);
    const ports = proto === 'TCP' || proto === 'UDP';
    return {
      ...plainRow,
      position: (index + 1) * 200,
      time: options.start + Math.floor(random() * options.hours * 3_600_000),
      host: pick(['web-1', 'web-2', 'db']),
      prefix: pick(['iptables denied:', 'UFW BLOCK', '']),
      action: pick(['deny', 'deny', 'deny', 'unknown', 'allow', 'audit']),
      ...pick([
        { in_iface: 'eth0', out_iface: '' },
        { in_iface: 'eth0', out_iface: '' },
        { in_iface: '', out_iface: 'eth0' },
        { in_iface: 'eth0', out_iface: 'br0' },
      ]),
      src: source.address,
      dst: v6 ? '2001:db8:ffff::5' : '198.51.100.5',
      proto,
      src_port: ports ? pick([40000, 443, 53, 123]) : 0,
      dst_port: ports ? pick([22, 23, 80, 443, 2323, 60000, Math.floor(random() * 65536)]) : 0,
      tcp_flags: proto === 'TCP' ? pick([2, 2, 2, 18, 4, 20, 16, 1]) : 0,
      window: proto === 'TCP' ? pick([1024, 65535]) : 0,
      ip_id: pick([54321, Math.floor(random() * 65536)]),
      icmp_type: proto === 'ICMP' ? pick([8, 0, 3]) : proto === 'ICMPv6' ? pick([128, 1, 135]) : 0,
      country: source.country,
      asn: source.asn,
      ttl: source.ttl,
    };
  });
}

/** The text `insertDrops` takes. */
export function rowText(rows: readonly SampleRow[]): Uint8Array {
  return Buffer.from(
    rows
      .map((r) =>
        [
          r.position,
          (r.time / 1000).toFixed(3),
          ...[r.host, r.prefix, r.action, r.in_iface, r.out_iface, r.src, r.dst, r.proto].map(escaped),
          r.src_port,
          r.dst_port,
          r.length,
          r.ttl,
          r.ip_id,
          r.tcp_flags,
          r.window,
          r.icmp_type,
          r.icmp_code,
          escaped(r.extra),
          escaped(r.country),
          r.asn,
        ].join('\t'),
      )
      .map((line) => `${line}\n`)
      .join(''),
  );
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\0', '\\0');
}

/** The direction as the schema derives it. */
export function directionOf(row: SampleRow): 'in' | 'out' | 'forward' {
  return row.out_iface === '' ? 'in' : row.in_iface === '' ? 'out' : 'forward';
}

/** Whether a reply could explain the packet, said another way than in SQL. */
export function isStray(row: SampleRow): boolean {
  const flags = { rst: (row.tcp_flags & 4) > 0, ack: (row.tcp_flags & 16) > 0 };
  switch (row.proto) {
    case 'TCP':
      return flags.rst || flags.ack;
    case 'UDP':
      return [53, 123, 443].includes(row.src_port) && row.dst_port > 1023;
    case 'ICMP':
      return [0, 3, 4, 5, 11, 12].includes(row.icmp_type);
    case 'ICMPv6':
      return [1, 2, 3, 4, 129].includes(row.icmp_type);
    default:
      return false;
  }
}

/** What counts as denied and inbound: the default of questions. */
export function counts(row: SampleRow): boolean {
  return directionOf(row) === 'in' && (row.action === 'deny' || row.action === 'unknown');
}

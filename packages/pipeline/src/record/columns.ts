/**
 * The columns of a row as it travels from collector to loader, in order: TabSeparated text, escaped as ClickHouse does.
 * `position` is not stored with the row; the ledger keeps lineage. The loader adds `country`, `asn` and `loaded_at`.
 * `time` is seconds since 1970 with exactly three decimals; `tcp_flags` is the mask as on the wire.
 */
export const rowColumns = [
  'position',
  'time',
  'host',
  'prefix',
  'action',
  'in_iface',
  'out_iface',
  'src',
  'dst',
  'proto',
  'src_port',
  'dst_port',
  'length',
  'ttl',
  'ip_id',
  'tcp_flags',
  'window',
  'icmp_type',
  'icmp_code',
  'extra',
] as const;

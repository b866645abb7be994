-- Packets, newest first. Parameters: the filters, limit. Columns: those of design section 4, addresses as text, times in ms, and stray.
-- Read in the primary key's reverse order: few rows wanted, few hours read.
SELECT toUnixTimestamp64Milli(loaded_at) AS loaded_ms, toUnixTimestamp64Milli(time) AS time_ms, host, prefix, action, direction, in_iface,
  out_iface, toString(src) AS src_text, toString(dst) AS dst_text, proto, src_port, dst_port, length, ttl, ip_id, tcp_flags, window,
  icmp_type, icmp_code, country, asn, stray, extra
FROM (
  SELECT *
  FROM drops
  WHERE $filter
  ORDER BY toStartOfHour(time) DESC, time DESC, src, src_port, ip_id
  LIMIT {limit:UInt64}
)
ORDER BY time DESC, src, src_port, ip_id

-- Packets, newest first. Parameters: the filters, limit. Columns: those of design section 4, addresses as text, times in ms, and stray.
-- search-newest says from when on there are enough, so that few rows are read with all their columns.
SELECT toUnixTimestamp64Milli(loaded_at) AS loaded_ms, toUnixTimestamp64Milli(time) AS time_ms, host, prefix, action, direction, in_iface,
  out_iface, toString(src) AS src_text, toString(dst) AS dst_text, proto, src_port, dst_port, length, ttl, ip_id, tcp_flags, window,
  icmp_type, icmp_code, country, asn, stray, extra
FROM drops
WHERE $filter
ORDER BY time DESC, src, src_port, ip_id
LIMIT {limit:UInt64}

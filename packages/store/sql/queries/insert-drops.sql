-- Stores a batch of rows in every table, once however often it is sent with the same token and the same bytes.
-- Data: row text with country and asn behind it, or the same columns by name. Parameters: loaded_at (ms since 1970). Placeholders: $token,
-- $format (TabSeparated or Native), $label (type of the columns with few different values: String for text, LowCardinality(String) for
-- Native). One thread is cheaper than two. The views' rows are unique already:
-- optimize_on_insert would merge them once more for nothing. All settings must be the same on every try: how rows are cut into blocks
-- is part of what the deduplication compares.
INSERT INTO drops_in (position, loaded_at, time, host, prefix, action, in_iface, out_iface, src, dst, proto, src_port, dst_port,
  length, ttl, ip_id, tcp_flags, window, icmp_type, icmp_code, extra, country, asn)
SELECT position, fromUnixTimestamp64Milli({loaded_at:Int64}, 'UTC'), time, host, prefix, action, in_iface, out_iface, src, dst, proto,
  src_port, dst_port, length, ttl, ip_id, tcp_flags, window, icmp_type, icmp_code, extra, country, asn
FROM input('position UInt64, time DateTime64(3, \'UTC\'), host $label, prefix $label, action Enum8(\'unknown\' = 0, \'deny\' = 1, \'allow\' = 2, \'audit\' = 3), in_iface $label, out_iface $label, src IPv6, dst IPv6, proto $label, src_port UInt16, dst_port UInt16, length UInt32, ttl UInt8, ip_id UInt16, tcp_flags UInt8, window UInt16, icmp_type UInt8, icmp_code UInt8, extra String, country $label, asn UInt32')
SETTINGS insert_deduplication_token = '$token', async_insert = 0, insert_deduplicate = 1,
  deduplicate_blocks_in_dependent_materialized_views = 1, input_format_parallel_parsing = 0, max_insert_block_size = 1048449,
  min_insert_block_size_rows = 1048449, min_insert_block_size_bytes = 268402944,
  parallel_view_processing = 0, materialized_views_ignore_errors = 0, optimize_on_insert = 0, max_threads = 1, max_insert_threads = 1,
  input_format_null_as_default = 0, input_format_tsv_detect_header = 0, input_format_defaults_for_omitted_fields = 0,
  max_execution_time = 300
FORMAT $format

-- What comes in, what is kept raw for a while, and the hourly history that is kept long.
--
-- drops_in takes every insert and keeps nothing; three views pass it on, so one insert either reaches all tables or, tried
-- again with its token, completes them. All tables are partitioned by load time: an insert is one block per table whatever
-- its event times say, and imported history stays as long as live history.
--
-- drops_in derives direction and stray, once for all targets; whoever inserts cannot set them.
-- stray: a packet that anybody's reply could explain, so it never counts against its source. SYN+ACK, RST and
-- anything else with ACK (tcp_flags as on the wire: RST 4, ACK 16); answers of DNS, NTP and QUIC servers to a port that is no
-- service; ICMP errors and echo replies.
CREATE TABLE IF NOT EXISTS drops_in (
  position UInt64,
  loaded_at DateTime64(3, 'UTC'),
  time DateTime64(3, 'UTC'),
  host LowCardinality(String),
  prefix LowCardinality(String),
  action Enum8('unknown' = 0, 'deny' = 1, 'allow' = 2, 'audit' = 3),
  in_iface LowCardinality(String),
  out_iface LowCardinality(String),
  src IPv6,
  dst IPv6,
  proto LowCardinality(String),
  src_port UInt16,
  dst_port UInt16,
  length UInt32,
  ttl UInt8,
  ip_id UInt16,
  tcp_flags UInt8,
  window UInt16,
  icmp_type UInt8,
  icmp_code UInt8,
  extra String,
  country LowCardinality(String),
  asn UInt32,
  direction Enum8('in' = 0, 'out' = 1, 'forward' = 2) MATERIALIZED multiIf(out_iface = '', 'in', in_iface = '', 'out', 'forward'),
  stray Bool MATERIALIZED multiIf(
    proto = 'TCP', bitAnd(tcp_flags, 20) != 0,
    proto = 'UDP', src_port IN (53, 123, 443) AND dst_port >= 1024,
    proto = 'ICMP', icmp_type IN (0, 3, 4, 5, 11, 12),
    proto = 'ICMPv6', icmp_type IN (1, 2, 3, 4, 129),
    false)
) ENGINE = Null;

-- Merging was half of the cost of loading, so: merge_selector_base and min_parts_to_merge_at_once, eighty parts at once and few times over
-- (with the heuristic that lowers the maximum, below the minimum then, nothing would ever be merged); min_age_to_force_merge_…, a
-- partition that has rested for an hour becomes one part; no statistics, which no question here uses and each merge would compute for
-- every column; min_bytes_for_wide_part, one file instead of fifty for each small part.
CREATE TABLE IF NOT EXISTS drops (
  loaded_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  time DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  host LowCardinality(String),
  prefix LowCardinality(String),
  action Enum8('unknown' = 0, 'deny' = 1, 'allow' = 2, 'audit' = 3),
  direction Enum8('in' = 0, 'out' = 1, 'forward' = 2),
  stray Bool,
  in_iface LowCardinality(String),
  out_iface LowCardinality(String),
  src IPv6 CODEC(ZSTD(1)),
  dst IPv6 CODEC(ZSTD(1)),
  proto LowCardinality(String),
  src_port UInt16 CODEC(ZSTD(1)),
  dst_port UInt16 CODEC(ZSTD(1)),
  length UInt32 CODEC(ZSTD(1)),
  ttl UInt8 CODEC(ZSTD(1)),
  ip_id UInt16 CODEC(ZSTD(1)),
  tcp_flags UInt8 CODEC(ZSTD(1)),
  window UInt16 CODEC(ZSTD(1)),
  icmp_type UInt8 CODEC(ZSTD(1)),
  icmp_code UInt8 CODEC(ZSTD(1)),
  extra String CODEC(ZSTD(1)),
  country LowCardinality(String),
  asn UInt32 CODEC(ZSTD(1)),
  -- extra's keys by name, read from the text only when asked for; a quoted packet's keys stand behind its bracket
  mac String ALIAS extract(extra, '^(?:[^\\[]* )?MAC=([^ ]*)'),
  tos String ALIAS extract(extra, '^(?:[^\\[]* )?(?:TOS|TC)=([^ ]*)'),
  mark String ALIAS extract(extra, '^(?:[^\\[]* )?MARK=([^ ]*)'),
  uid String ALIAS extract(extra, '^(?:[^\\[]* )?UID=([^ ]*)'),
  gid String ALIAS extract(extra, '^(?:[^\\[]* )?GID=([^ ]*)'),
  seq String ALIAS extract(extra, '^(?:[^\\[]* )?SEQ=([^ ]*)'),
  ack String ALIAS extract(extra, '^(?:[^\\[]* )?ACK=([^ ]*)'),
  phys_in String ALIAS extract(extra, '^(?:[^\\[]* )?PHYSIN=([^ ]*)'),
  phys_out String ALIAS extract(extra, '^(?:[^\\[]* )?PHYSOUT=([^ ]*)'),
  inner_src String ALIAS extract(extra, '\\[SRC=([^ \\]]*)'),
  inner_dst String ALIAS extract(extra, '\\[[^\\]]* ?DST=([^ \\]]*)'),
  inner_proto String ALIAS extract(extra, '\\[[^\\]]* PROTO=([^ \\]]*)'),
  inner_src_port String ALIAS extract(extra, '\\[[^\\]]* SPT=([^ \\]]*)'),
  inner_dst_port String ALIAS extract(extra, '\\[[^\\]]* DPT=([^ \\]]*)')
) ENGINE = MergeTree
PARTITION BY toDate(loaded_at)
ORDER BY (toStartOfHour(time), src, time)
TTL toDateTime(loaded_at) + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 10000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = 67108864, merge_selector_base = 64, min_parts_to_merge_at_once = 80, max_parts_to_merge_at_once = 200,
  merge_selector_enable_heuristic_to_lower_max_parts_to_merge_at_once = 0,
  min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, auto_statistics_types = '';

-- One row per source, hour, host, action and direction. ports: a set of protocol number × 65536 + port (for ICMP and ICMPv6 + type).
-- A question about one source reads a granule of every part: hence small granules, and earlier merges than elsewhere. Top lists read hour,
-- packets and strays of a whole month: hence LZ4 for them, a fifth faster for a fourteenth more room.
CREATE TABLE IF NOT EXISTS sources_1h (
  hour DateTime('UTC') CODEC(Delta(4), LZ4),
  src IPv6 CODEC(ZSTD(1)),
  host LowCardinality(String),
  action Enum8('unknown' = 0, 'deny' = 1, 'allow' = 2, 'audit' = 3),
  direction Enum8('in' = 0, 'out' = 1, 'forward' = 2),
  loaded SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta(4), ZSTD(1)),
  packets SimpleAggregateFunction(sum, UInt64) CODEC(LZ4),
  strays SimpleAggregateFunction(sum, UInt64) CODEC(LZ4),
  first SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta(8), ZSTD(1)),
  last SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta(8), ZSTD(1)),
  country SimpleAggregateFunction(max, LowCardinality(String)),
  asn SimpleAggregateFunction(max, UInt32) CODEC(ZSTD(1)),
  ports AggregateFunction(groupBitmap, UInt32) CODEC(ZSTD(1))
) ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(loaded)
ORDER BY (src, hour, host, action, direction)
TTL loaded + INTERVAL 400 DAY
SETTINGS index_granularity = 1024, ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 10000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = 67108864, merge_selector_base = 16,
  min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, auto_statistics_types = '';

CREATE TABLE IF NOT EXISTS ports_1h (
  hour DateTime('UTC') CODEC(Delta(4), ZSTD(1)),
  proto LowCardinality(String),
  dst_port UInt16 CODEC(ZSTD(1)),
  host LowCardinality(String),
  action Enum8('unknown' = 0, 'deny' = 1, 'allow' = 2, 'audit' = 3),
  direction Enum8('in' = 0, 'out' = 1, 'forward' = 2),
  loaded SimpleAggregateFunction(max, DateTime('UTC')) CODEC(Delta(4), ZSTD(1)),
  packets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  strays SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
  sources AggregateFunction(uniqCombined(12), IPv6) CODEC(ZSTD(1))
) ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(loaded)
ORDER BY (proto, dst_port, hour, host, action, direction)
TTL loaded + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 10000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = 67108864, merge_selector_base = 64, min_parts_to_merge_at_once = 80, max_parts_to_merge_at_once = 200,
  merge_selector_enable_heuristic_to_lower_max_parts_to_merge_at_once = 0,
  min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, auto_statistics_types = '';

CREATE MATERIALIZED VIEW IF NOT EXISTS drops_mv TO drops AS
SELECT loaded_at, time, host, prefix, action, direction, stray, in_iface, out_iface, src, dst, proto, src_port, dst_port, length, ttl,
  ip_id, tcp_flags, window, icmp_type, icmp_code, extra, country, asn
FROM drops_in;

CREATE MATERIALIZED VIEW IF NOT EXISTS sources_1h_mv TO sources_1h AS
SELECT toStartOfHour(time) AS hour, src, host, action, direction, max(toDateTime(loaded_at)) AS loaded, count() AS packets,
  countIf(stray) AS strays, min(time) AS first, max(time) AS last, max(country) AS country, max(asn) AS asn,
  groupBitmapState(toUInt32(toUInt8OrZero(transform(proto, ['TCP', 'UDP', 'ICMP', 'ICMPv6'], ['6', '17', '1', '58'], proto)) * 65536 + dst_port + icmp_type)) AS ports
FROM drops_in
GROUP BY hour, src, host, action, direction;

CREATE MATERIALIZED VIEW IF NOT EXISTS ports_1h_mv TO ports_1h AS
SELECT toStartOfHour(time) AS hour, proto, dst_port, host, action, direction, max(toDateTime(loaded_at)) AS loaded, count() AS packets,
  countIf(stray) AS strays, uniqCombinedState(12)(src) AS sources
FROM drops_in
GROUP BY hour, proto, dst_port, host, action, direction;

-- Which ranges of which stream are complete in every table. Written by its own insert after the data insert has returned, never by a
-- view of it: a process killed in mid insert left such a view's row without the data's.
-- Ranges of an epoch hardly overlap, so `last` grows with `first`; its index skips what lies before a question.
CREATE TABLE IF NOT EXISTS ledger (
  loaded_at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  stream UInt64 CODEC(ZSTD(1)),
  epoch UInt64 CODEC(ZSTD(1)),
  first UInt64 CODEC(Delta(8), ZSTD(1)),
  last UInt64 CODEC(Delta(8), ZSTD(1)),
  rows UInt32 CODEC(ZSTD(1)),
  token String CODEC(ZSTD(1)),
  source LowCardinality(String),
  INDEX last_position last TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toYYYYMM(loaded_at)
ORDER BY (stream, epoch, first)
TTL toDateTime(loaded_at) + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1, materialize_ttl_recalculate_only = 1, non_replicated_deduplication_window = 10000,
  fsync_after_insert = 1, fsync_part_directory = 1, min_bytes_for_wide_part = 67108864, index_granularity = 1024, auto_statistics_types = '';

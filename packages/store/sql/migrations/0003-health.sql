-- What was never logged. (stream, epoch, position, cause) identifies a row, so the same news twice counts once (read with FINAL).
CREATE TABLE IF NOT EXISTS undercount (
  stream UInt64,
  epoch UInt64,
  position UInt64,
  cause LowCardinality(String),
  time DateTime64(3, 'UTC'),
  host LowCardinality(String),
  count UInt64,
  loaded_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY (stream, epoch, position, cause)
TTL toDateTime(loaded_at) + INTERVAL 400 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = '';

-- How each stream does: cumulative counts since its epoch began; the row with the highest position is the truth (read with FINAL).
CREATE TABLE IF NOT EXISTS status (
  stream UInt64,
  epoch UInt64,
  position UInt64,
  time DateTime64(3, 'UTC'),
  host LowCardinality(String),
  source String,
  lines UInt64,
  records UInt64,
  rejected Map(LowCardinality(String), UInt64),
  loaded_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(position)
ORDER BY (stream, epoch)
TTL toDateTime(loaded_at) + INTERVAL 400 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = '';

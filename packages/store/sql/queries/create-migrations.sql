-- The record of what migrations were applied. A row twice (two processes at once) is one.
CREATE TABLE IF NOT EXISTS migrations (
  number UInt32,
  name String,
  checksum String,
  applied_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree
ORDER BY (number, checksum)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

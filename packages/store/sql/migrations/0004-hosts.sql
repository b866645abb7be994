-- What hosts know of themselves. One row for each set of facts a host had, from `since` on, last found to be so at `time`: the latest answers
-- "never ban these", an earlier one whether a port was open on that host when a packet came (the row with the greatest since up to then). A row a
-- reading would be a thousand a day for facts that hardly change; a row a host would forget what was open yesterday.
-- The last row written of one (host, since) is the truth (read with FINAL), and writing it again moves its end: a host says so every hour, so what
-- is in force never reaches its TTL. absent: why a fact is missing or not whole.
CREATE TABLE IF NOT EXISTS hosts (
  host LowCardinality(String),
  since DateTime64(3, 'UTC'),
  time DateTime64(3, 'UTC'),
  addresses Array(Tuple(address IPv6, bits UInt8, prefix UInt8, interface String)),
  gateways Array(IPv6),
  resolvers Array(IPv6),
  listening Array(Tuple(proto String, address IPv6, port UInt16)),
  absent Map(String, String),
  loaded_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(loaded_at)
ORDER BY (host, since)
TTL toDateTime(loaded_at) + INTERVAL 400 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = '';

-- Remotes that hosts began a connection to, with the last time they were seen to (read with FINAL). Apart from `hosts`, because there are thousands and
-- a new one every minute. By address first: the question is whether anybody of ours contacted this one.
CREATE TABLE IF NOT EXISTS contacted (
  address IPv6,
  host LowCardinality(String),
  last DateTime64(3, 'UTC'),
  loaded_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree(last)
ORDER BY (address, host)
TTL toDateTime(loaded_at) + INTERVAL 30 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, auto_statistics_types = '';

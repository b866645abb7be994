-- What came since a moment, by host. Parameters: since (ms). Columns: host, packets, denied (inbound or not), last (ms), and over all hosts,
-- the same in each row: all_sources (distinct, exact to 65,536).
SELECT host, count() AS packets, countIf(action IN ('deny', 'unknown')) AS denied, toUnixTimestamp64Milli(max(time)) AS last,
  (SELECT uniq(src) FROM drops WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))) AS all_sources
FROM drops
WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
GROUP BY host
ORDER BY host

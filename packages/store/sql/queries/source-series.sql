-- How much an address or a network sent in each hour or day, from the hourly history. Empty buckets are left out.
-- Parameters: since, until (ms), src_from, src_to, bucket_hours (24 for days of UTC). Columns: bucket (ms, its start), packets.
SELECT toInt64(toUnixTimestamp(bucket_start)) * 1000 AS bucket, sum(packets) AS total
FROM (
  SELECT toStartOfInterval(hour, toIntervalHour({bucket_hours:UInt16})) AS bucket_start, packets
  FROM sources_1h
  WHERE src BETWEEN toIPv6({src_from:String}) AND toIPv6({src_to:String})
    AND hour >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC')) AND hour < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
)
GROUP BY bucket_start
ORDER BY bucket_start

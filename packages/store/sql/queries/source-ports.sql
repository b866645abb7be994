-- Which ports an address or a network asked for, from the hourly history; most persistent first.
-- Parameters: since, until (ms), src_from, src_to, limit. Columns: code (protocol number × 65536 + port, for ICMP and ICMPv6 + type),
-- hours (in which it was asked for).
SELECT code, count() AS hours
FROM (
  SELECT arrayJoin(bitmapToArray(groupBitmapMergeState(ports))) AS code
  FROM sources_1h
  WHERE src BETWEEN toIPv6({src_from:String}) AND toIPv6({src_to:String})
    AND hour >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC')) AND hour < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
  GROUP BY hour
)
GROUP BY code
ORDER BY hours DESC, code
LIMIT {limit:UInt64}

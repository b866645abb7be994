-- Which addresses of a network were seen, most packets first, from the hourly history; an address or network in it may be left out.
-- Parameters: since, until (ms), src_from, src_to, not_from, not_to (left out; an empty not_from leaves out nothing), limit.
-- Columns: address, packets, first, last (ms), and over all, the same in each row: all_addresses, all_packets.
SELECT toString(src) AS address, sum(packets) AS total, toUnixTimestamp64Milli(min(first)) AS first_seen,
  toUnixTimestamp64Milli(max(last)) AS last_seen, count() OVER () AS all_addresses, sum(total) OVER () AS all_packets
FROM sources_1h
WHERE src BETWEEN toIPv6({src_from:String}) AND toIPv6({src_to:String})
  AND ({not_from:String} = '' OR src NOT BETWEEN toIPv6OrDefault({not_from:String}) AND toIPv6OrDefault({not_to:String}))
  AND hour >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC')) AND hour < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
GROUP BY src
ORDER BY total DESC, src
LIMIT {limit:UInt64}

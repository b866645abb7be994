-- Who an address or a network is, over any time, from the hourly history alone.
-- Parameters: since, until (ms; hours that touch it count whole), src_from, src_to. One row; packets 0 = never seen.
-- Columns: packets, strays, denied (packets that count as denied), first, last (ms), hours (in which it was seen), addresses (distinct),
-- ports (distinct), and as objects from name to packets: hosts, countries, asns, directions, actions.
SELECT sum(packets) AS total, sum(strays) AS stray_packets, sumIf(packets, action IN ('deny', 'unknown')) AS denied,
  toUnixTimestamp64Milli(min(first)) AS first_seen, toUnixTimestamp64Milli(max(last)) AS last_seen,
  uniqExact(hour) AS hours, uniqExact(src) AS addresses,
  groupBitmapMerge(ports) AS distinct_ports,
  sumMap(map(toString(host), packets)) AS hosts, sumMap(map(toString(country), packets)) AS countries,
  sumMap(map(toString(asn), packets)) AS asns, sumMap(map(toString(direction), packets)) AS directions,
  sumMap(map(toString(action), packets)) AS actions
FROM sources_1h
WHERE src BETWEEN toIPv6({src_from:String}) AND toIPv6({src_to:String})
  AND hour >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC')) AND hour < fromUnixTimestamp64Milli({until:Int64}, 'UTC')

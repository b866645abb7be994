-- What the packets of an address or a network look like, from the raw rows of the last hours in which it was seen; the hourly history says
-- which those are, so few granules are read. Raw rows are kept for a while only.
-- Parameters: since, until (ms), src_from, src_to, hours (at most so many hours), limit (ports listed).
-- Columns: packets, since (ms, first packet read), ports [[proto, port, packets] …] most asked first, syn_only (TCP with SYN and nothing else),
-- tcp, flags, windows, ip_ids, lengths: [[value, packets] …] the five most frequent; ttl_min, ttl_max, destinations (distinct),
-- prefixes {prefix: packets}.
SELECT sum(n) AS packets, toUnixTimestamp64Milli(min(f)) AS since,
  arraySlice(arraySort(t -> (-toInt64(t.3), t.1, t.2), groupArray((proto, dst_port, n))), 1, {limit:UInt64}) AS ports,
  sum(tcp_packets) AS tcp, sum(syn) AS syn_only, min(ttl_low) AS ttl_min, max(ttl_high) AS ttl_max,
  uniqExactMerge(d) AS destinations,
  sumMap(flag_counts) AS flags, sumMap(window_counts) AS windows, sumMap(id_counts) AS ip_ids, sumMap(prefix_counts) AS prefixes
FROM (
  SELECT proto, dst_port, count() AS n, min(time) AS f, countIf(proto = 'TCP') AS tcp_packets, countIf(proto = 'TCP' AND tcp_flags = 2) AS syn,
    min(ttl) AS ttl_low, max(ttl) AS ttl_high, uniqExactState(dst) AS d,
    sumMapIf(map(toString(tcp_flags), toUInt64(1)), proto = 'TCP') AS flag_counts,
    sumMapIf(map(toString(window), toUInt64(1)), proto = 'TCP') AS window_counts,
    sumMap(map(toString(ip_id), toUInt64(1))) AS id_counts, sumMap(map(toString(prefix), toUInt64(1))) AS prefix_counts
  FROM drops
  WHERE toStartOfHour(time) IN (
      SELECT hour
      FROM sources_1h
      WHERE src BETWEEN toIPv6({src_from:String}) AND toIPv6({src_to:String})
        AND hour >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC')) AND hour < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
      GROUP BY hour
      ORDER BY hour DESC
      LIMIT {hours:UInt64}
    )
    AND src BETWEEN toIPv6({src_from:String}) AND toIPv6({src_to:String})
    AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
  GROUP BY proto, dst_port
)

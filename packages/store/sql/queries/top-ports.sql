-- Which ports are asked for most.
-- Parameters: the filters, limit. Columns: proto, port, packets, strays, sources (distinct, exact to 65,536), hosts, first, last (ms),
-- and over all, the same in each row: all_packets, all_strays, all_groups.
SELECT proto, dst_port AS port, count() AS packets, countIf(stray) AS strays, uniq(src) AS sources, uniqExact(host) AS hosts,
  toUnixTimestamp64Milli(min(time)) AS first, toUnixTimestamp64Milli(max(time)) AS last,
  sum(packets) OVER () AS all_packets, sum(strays) OVER () AS all_strays, count() OVER () AS all_groups
FROM drops
WHERE $filter
GROUP BY proto, port
ORDER BY packets DESC, proto, port
LIMIT {limit:UInt64}

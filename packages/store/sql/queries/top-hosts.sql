-- Which hosts are knocked at most.
-- Parameters: the filters, limit. Columns: host, packets, strays, sources (distinct, exact to 65,536), ports (distinct), first, last (ms),
-- and over all, the same in each row: all_packets, all_strays, all_groups.
SELECT host, count() AS packets, countIf(stray) AS strays, uniq(src) AS sources, uniqExact(cityHash64(proto, dst_port)) AS ports,
  toUnixTimestamp64Milli(min(time)) AS first, toUnixTimestamp64Milli(max(time)) AS last,
  sum(packets) OVER () AS all_packets, sum(strays) OVER () AS all_strays, count() OVER () AS all_groups
FROM drops
WHERE $filter
GROUP BY host
ORDER BY packets DESC, host
LIMIT {limit:UInt64}

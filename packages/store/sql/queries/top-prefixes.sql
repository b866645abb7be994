-- Which LOG prefixes write most, and what they are taken to mean.
-- Parameters: the filters, limit. Columns: prefix, action, packets, strays, sources (distinct, exact to 65,536), hosts, first, last (ms),
-- and over all, the same in each row: all_packets, all_strays, all_groups.
SELECT prefix, action, count() AS packets, countIf(stray) AS strays, uniq(src) AS sources, uniqExact(cityHash64(host)) AS hosts,
  toUnixTimestamp64Milli(min(time)) AS first, toUnixTimestamp64Milli(max(time)) AS last,
  sum(packets) OVER () AS all_packets, sum(strays) OVER () AS all_strays, count() OVER () AS all_groups
FROM drops
WHERE $filter
GROUP BY prefix, action
ORDER BY packets DESC, prefix, action
LIMIT {limit:UInt64}

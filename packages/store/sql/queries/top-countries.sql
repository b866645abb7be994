-- Which countries' addresses send most; '' = not known.
-- Parameters: the filters, limit. Columns: country, packets, strays, sources (distinct, exact to 65,536), hosts, first, last (ms),
-- and over all, the same in each row: all_packets, all_strays, all_groups.
SELECT country, count() AS packets, countIf(stray) AS strays, uniq(src) AS sources, uniqExact(cityHash64(host)) AS hosts,
  toUnixTimestamp64Milli(min(time)) AS first, toUnixTimestamp64Milli(max(time)) AS last,
  sum(packets) OVER () AS all_packets, sum(strays) OVER () AS all_strays, count() OVER () AS all_groups
FROM drops
WHERE $filter
GROUP BY country
ORDER BY packets DESC, country
LIMIT {limit:UInt64}

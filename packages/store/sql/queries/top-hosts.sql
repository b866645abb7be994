-- Which hosts are knocked at most.
-- Parameters: the filters, limit. Columns: host, packets, strays, sources (distinct, exact to 65,536), ports (distinct), first, last (ms),
-- and over all, the same in each row: all_packets, all_strays, all_groups.
SELECT h AS host, sum(p) AS packets, sum(st) AS strays, uniq(src) AS sources, groupBitmapArray(codes) AS ports,
  toUnixTimestamp64Milli(min(f)) AS first, toUnixTimestamp64Milli(max(l)) AS last,
  sum(packets) OVER () AS all_packets, sum(strays) OVER () AS all_strays, count() OVER () AS all_groups
FROM (
  SELECT host AS h, src, packets AS p, strays AS st, bitmapToArray(ports) AS codes, first AS f, last AS l FROM sources_1h WHERE $hourly-sources
  UNION ALL
  SELECT host AS h, src, 1 AS p, stray AS st, [$code] AS codes, time AS f, time AS l FROM drops WHERE $filter
)
GROUP BY h
ORDER BY packets DESC, host
LIMIT {limit:UInt64}

-- Which countries' addresses send most; '' = not known.
-- Parameters: the filters, limit. Columns: country, packets, strays, sources (distinct, exact to 65,536), hosts, first, last (ms),
-- and over all, the same in each row: all_packets, all_strays, all_groups.
SELECT c AS country, sum(p) AS packets, sum(st) AS strays, uniq(src) AS sources, uniqExact(host) AS hosts,
  toUnixTimestamp64Milli(min(f)) AS first, toUnixTimestamp64Milli(max(l)) AS last,
  sum(packets) OVER () AS all_packets, sum(strays) OVER () AS all_strays, count() OVER () AS all_groups
FROM (
  SELECT country AS c, src, host, packets AS p, strays AS st, first AS f, last AS l FROM sources_1h WHERE $hourly-sources
  UNION ALL
  SELECT country AS c, src, host, 1 AS p, stray AS st, time AS f, time AS l FROM drops WHERE $filter
)
GROUP BY c
ORDER BY packets DESC, country
LIMIT {limit:UInt64}

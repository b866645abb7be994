-- What came since a moment, by host. Parameters: the filters. Columns: host, packets, denied (inbound or not), last (ms), and over all hosts,
-- the same in each row: all_sources (distinct, exact to 65,536).
SELECT h AS host, sum(p) AS packets, sumIf(p, a IN ('deny', 'unknown')) AS denied, toUnixTimestamp64Milli(max(l)) AS last,
  uniqMerge(uniqState(src)) OVER () AS all_sources
FROM (
  SELECT host AS h, src, action AS a, packets AS p, last AS l FROM sources_1h WHERE $hourly-sources
  UNION ALL
  SELECT host AS h, src, action AS a, 1 AS p, time AS l FROM drops WHERE $filter
)
GROUP BY h
ORDER BY host

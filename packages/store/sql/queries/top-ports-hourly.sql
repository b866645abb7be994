-- Which ports were asked for most, where packets are no longer kept.
-- Parameters: the filters, limit. Columns: those of top-ports, but sources is an estimate (2 %), and first and last are the beginnings of their hours
-- where packets are no longer kept.
SELECT pr AS protocol, port, sum(p) AS packets, sum(st) AS strays, uniqCombinedMerge(12)(u) AS sources, uniqExact(h) AS hosts,
  toUnixTimestamp64Milli(min(f)) AS first, toUnixTimestamp64Milli(max(l)) AS last,
  sum(packets) OVER () AS all_packets, sum(strays) OVER () AS all_strays, count() OVER () AS all_groups
FROM (
  SELECT proto AS pr, dst_port AS port, host AS h, packets AS p, strays AS st, sources AS u, toDateTime64(hour, 3, 'UTC') AS f,
    toDateTime64(hour, 3, 'UTC') AS l
  FROM ports_1h
  WHERE $hourly AND (empty({protos:Array(String)}) OR proto IN {protos:Array(String)}) AND $ports
  UNION ALL
  SELECT proto AS pr, dst_port AS port, host AS h, count() AS p, countIf(stray) AS st, uniqCombinedState(12)(src) AS u, min(time) AS f, max(time) AS l
  FROM drops
  WHERE $filter
  GROUP BY pr, port, h
)
GROUP BY pr, port
ORDER BY packets DESC, protocol, port
LIMIT {limit:UInt64}

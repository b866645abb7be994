-- Who sends most, and how much all send: one row. top-sources-details tells more of those found here.
-- Parameters: the filters, limit, ipv6_bits (128, or 64: an IPv6 /64 counts as one source).
-- Columns: all_packets, all_strays, all_groups (sources), top [[address, packets] …] most first.
SELECT sum(n) AS all_packets, sum(s) AS all_strays, count() AS all_groups,
  arrayMap(t -> (toString(t.2), -t.1), groupArraySorted({limit:UInt64})((-toInt64(n), address))) AS top
FROM (
  SELECT $group AS address, sum(p) AS n, sum(st) AS s
  FROM (
    SELECT src, packets AS p, strays AS st FROM sources_1h WHERE $hourly-sources
    UNION ALL
    SELECT src, 1 AS p, stray AS st FROM drops WHERE $filter
  )
  GROUP BY address
)

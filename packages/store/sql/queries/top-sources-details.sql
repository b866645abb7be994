-- More of the few sources that top-sources found. $sources: their addresses, as the database printed them.
-- Parameters: the filters, ipv6_bits. Columns: address, strays, country, asn, hosts, first, last (ms).
SELECT toString(source) AS address, sum(st) AS strays, max(c) AS country, max(a) AS asn, uniqExact(h) AS hosts,
  toUnixTimestamp64Milli(min(f)) AS first, toUnixTimestamp64Milli(max(l)) AS last
FROM (
  SELECT $group AS source, host AS h, strays AS st, country AS c, asn AS a, first AS f, last AS l
  FROM sources_1h
  WHERE source IN ($sources) AND $hourly-sources
  UNION ALL
  SELECT $group AS source, host AS h, stray AS st, country AS c, asn AS a, time AS f, time AS l
  FROM drops
  WHERE source IN ($sources) AND $filter
)
GROUP BY source

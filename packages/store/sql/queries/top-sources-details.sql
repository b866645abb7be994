-- More of the few sources that top-sources found. $sources: their addresses, as the database printed them.
-- Parameters: the filters, ipv6_bits, wants (how many ports of each).
-- Columns: address, strays, country, asn, hosts, ports (distinct), wants [[proto, port, packets] …] most asked first, first, last (ms).
SELECT toString(source) AS address, sum(s) AS strays, max(c) AS country, max(a) AS asn, length(groupUniqArrayArray(h)) AS hosts,
  count() AS ports, arraySlice(arraySort(t -> (-toInt64(t.3), t.1, t.2), groupArray((proto, dst_port, n))), 1, {wants:UInt64}) AS wants,
  toUnixTimestamp64Milli(min(f)) AS first, toUnixTimestamp64Milli(max(l)) AS last
FROM (
  SELECT $group AS source, proto, dst_port, count() AS n, countIf(stray) AS s, max(country) AS c, max(asn) AS a,
    groupUniqArray(host) AS h, min(time) AS f, max(time) AS l
  FROM drops
  WHERE source IN ($sources) AND $filter
  GROUP BY source, proto, dst_port
)
GROUP BY source

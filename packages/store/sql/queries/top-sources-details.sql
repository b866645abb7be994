-- More of the sources that top-sources picked. Parameters: the filters, sources (addresses), wants (how many ports of each).
-- Columns: src, packets, strays, country, asn, wants: [[proto, port, packets] …] most asked first, ports (distinct), hosts, first, last (ms).
WITH picked AS (SELECT arrayJoin(arrayMap(a -> toIPv6(a), {sources:Array(String)})) AS address)
SELECT toString(src) AS address, sum(n) AS packets, sum(s) AS strays, max(c) AS country, max(a) AS asn,
  arraySlice(arrayReverseSort(t -> (t.3, -t.2), groupArray((proto, dst_port, n))), 1, {wants:UInt64}) AS wants,
  count() AS ports, length(groupUniqArrayArray(h)) AS hosts,
  toUnixTimestamp64Milli(min(f)) AS first, toUnixTimestamp64Milli(max(l)) AS last
FROM (
  SELECT src, proto, dst_port, count() AS n, countIf(stray) AS s, max(country) AS c, max(asn) AS a, groupUniqArray(host) AS h,
    min(time) AS f, max(time) AS l
  FROM drops
  WHERE src IN picked AND $filter
  GROUP BY src, proto, dst_port
)
GROUP BY src
ORDER BY packets DESC, src

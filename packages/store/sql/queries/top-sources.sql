-- Who sends most. First the sources are counted, then more is read of the few that are listed.
-- Parameters: the filters, limit, wants (how many ports of each), ipv6_bits (128, or 64: an IPv6 /64 counts as one source).
-- Columns: address, packets, strays, country, asn, wants [[proto, port, packets] …] most asked first, ports (distinct), hosts,
-- first, last (ms), and over all sources, the same in each row: all_packets, all_groups, all_strays.
WITH
  (
    SELECT (sum(n), count(), sum(s), groupArraySorted({limit:UInt64})((-toInt64(n), address)))
    FROM (
      SELECT $group AS address, count() AS n, countIf(stray) AS s
      FROM drops
      WHERE $filter
      GROUP BY address
    )
  ) AS total
SELECT toString(source) AS address, sum(n) AS packets, sum(s) AS strays, max(c) AS country, max(a) AS asn,
  arraySlice(arraySort(t -> (-toInt64(t.3), t.1, t.2), groupArray((proto, dst_port, n))), 1, {wants:UInt64}) AS wants,
  count() AS ports, length(groupUniqArrayArray(h)) AS hosts,
  toUnixTimestamp64Milli(min(f)) AS first, toUnixTimestamp64Milli(max(l)) AS last,
  any(total.1) AS all_packets, any(total.2) AS all_groups, any(total.3) AS all_strays
FROM (
  SELECT $group AS source, proto, dst_port, count() AS n, countIf(stray) AS s, max(country) AS c, max(asn) AS a,
    groupUniqArray(host) AS h, min(time) AS f, max(time) AS l
  FROM drops
  WHERE source IN (SELECT arrayJoin(total.4).2) AND $filter
  GROUP BY source, proto, dst_port
)
GROUP BY source
ORDER BY packets DESC, source

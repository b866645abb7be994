-- Which ports are asked for most. First the ports are counted, then more is read of the few that are listed. A hash of protocol and port
-- is the key of both: one number groups three times faster than the two columns.
-- Parameters: the filters, limit. Columns: protocol, port, packets, strays, sources (distinct, exact to 65,536), hosts, first, last (ms),
-- and over all, the same in each row: all_packets, all_strays, all_groups.
WITH
  (
    SELECT (sum(n), sum(s), count(), groupArraySorted({limit:UInt64})((-toInt64(n), port, key)))
    FROM (SELECT cityHash64(proto, dst_port) AS key, any(dst_port) AS port, count() AS n, countIf(stray) AS s FROM drops WHERE $filter GROUP BY key)
  ) AS total
SELECT any(proto) AS protocol, any(dst_port) AS port, count() AS packets, countIf(stray) AS strays, uniq(src) AS sources,
  uniqExact(cityHash64(host)) AS hosts, toUnixTimestamp64Milli(min(time)) AS first, toUnixTimestamp64Milli(max(time)) AS last,
  any(total.1) AS all_packets, any(total.2) AS all_strays, any(total.3) AS all_groups
FROM drops
WHERE dst_port IN (SELECT arrayJoin(total.4).2) AND cityHash64(proto, dst_port) IN (SELECT arrayJoin(total.4).3) AND $filter
GROUP BY cityHash64(proto, dst_port)
ORDER BY packets DESC, protocol, port

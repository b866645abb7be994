-- As top-sources-details, for sources with so many packets that counting each port of each would take long: the ports listed and their
-- packets are estimated from one in eight packets, the ports by Space-Saving with 4,096 counters. All else is exact.
-- Parameters and columns: those of top-sources-details.
SELECT toString(source) AS address, countIf(stray) AS strays, max(country) AS country, max(asn) AS asn, uniqExact(host_hash) AS hosts,
  groupBitmap(code) AS ports,
  arrayMap(t -> (transform(toString(bitShiftRight(t.1, 16)), ['6', '17', '1', '58'], ['TCP', 'UDP', 'ICMP', 'ICMPv6'], toString(bitShiftRight(t.1, 16))),
      bitAnd(t.1, 65535), toUInt64(round(t.2 * count() / countIf(sampled)))),
    arraySlice(approx_top_countIf(64, 4096)(code, sampled), 1, {wants:UInt64})) AS wants,
  toUnixTimestamp64Milli(min(time)) AS first, toUnixTimestamp64Milli(max(time)) AS last
FROM (
  SELECT $group AS source, stray, country, asn, time, cityHash64(host) AS host_hash, cityHash64(time, src_port) % 8 = 0 AS sampled,
    toUInt32(toUInt8OrZero(transform(proto, ['TCP', 'UDP', 'ICMP', 'ICMPv6'], ['6', '17', '1', '58'], proto)) * 65536 + dst_port) AS code
  FROM drops
  WHERE source IN ($sources) AND $filter
)
GROUP BY source

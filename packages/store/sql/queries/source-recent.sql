-- What the packets of an address or a network look like, from the raw rows of the last hours in which it was seen; the hourly history says
-- which those are, so few granules are read. Raw rows are kept for a while only.
-- Parameters: since, until (ms), src_from, src_to, hours (at most so many hours, and no further one once packets are enough), enough
-- (packets), limit (ports listed).
-- Columns: packets, since (ms, first packet read), ports [[code, packets] …] most asked first, tcp, syn_only (TCP with SYN and nothing
-- else), ttl_min, ttl_max, destinations (distinct), and the five most frequent as [{item, count, error} …] (exact up to 4,096
-- different ones): flags, windows (both of TCP), ip_ids, prefixes.
-- The ports are counted as runs in the sorted list of all: reading the rows a second time costs more.
WITH
  arraySort(groupArray(code)) AS codes,
  arraySlice(arrayPushFront(codes, 4294967295), 1, length(codes)) AS before,
  arrayFilter((code, previous) -> code != previous, codes, before) AS asked,
  arrayFilter((place, code, previous) -> code != previous, arrayEnumerate(codes), codes, before) AS starts,
  arrayMap((start, next) -> next - start, starts, arraySlice(arrayPushBack(starts, toUInt32(length(codes) + 1)), 2)) AS counts
SELECT count() AS packets, toUnixTimestamp64Milli(min(time)) AS since,
  arraySlice(arraySort(t -> (-t.2, t.1), arrayZip(asked, counts)), 1, {limit:UInt64}) AS ports,
  countIf(proto = 'TCP') AS tcp, countIf(proto = 'TCP' AND tcp_flags = 2) AS syn_only, min(ttl) AS ttl_min, max(ttl) AS ttl_max,
  uniqExact(dst) AS destinations, approx_top_countIf(5, 4096)(tcp_flags, proto = 'TCP') AS flags,
  approx_top_countIf(5, 4096)(window, proto = 'TCP') AS windows, approx_top_count(5, 4096)(ip_id) AS ip_ids,
  approx_top_count(5, 4096)(toString(prefix)) AS prefixes
FROM (
  SELECT proto, $code AS code, time, tcp_flags, window, ttl, ip_id, dst, prefix
  FROM drops
  WHERE toStartOfHour(time) IN (
      SELECT hour
      FROM (
        SELECT hour, sum(packets) AS in_hour, sum(in_hour) OVER (ORDER BY hour DESC) - in_hour AS later
        FROM sources_1h
        WHERE src BETWEEN toIPv6({src_from:String}) AND toIPv6({src_to:String})
          AND hour >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC')) AND hour < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
        GROUP BY hour
      )
      WHERE later < {enough:UInt64}
      ORDER BY hour DESC
      LIMIT {hours:UInt64}
    )
    AND src BETWEEN toIPv6({src_from:String}) AND toIPv6({src_to:String})
    AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
)

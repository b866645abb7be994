-- Who sends most, and how much all send: one row.
-- Parameters: the filters of `filterParameters` (src/filters.ts), limit.
-- Columns: packets, sources (distinct), strays (packets a reply could explain; they count in packets, too), top: [[address, packets] …].
SELECT sum(n) AS packets, count() AS sources, sum(s) AS strays,
  arrayMap(t -> (toString(t.2), toUInt64(-t.1)), groupArraySorted({limit:UInt64})((-toInt64(n), src))) AS top
FROM (
  SELECT src, count() AS n, countIf(stray) AS s
  FROM drops
  WHERE $filter
  GROUP BY src
)

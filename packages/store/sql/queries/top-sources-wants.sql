-- What the few sources that top-sources found ask for, counted packet by packet. $sources: their addresses, as the database printed them.
-- Parameters: the filters, ipv6_bits, wants (how many of each). Columns: place (in the list, from 1), ports (distinct), wants [[code, packets] …]
-- most first; what orders them holds both numbers, the packets counted downwards.
SELECT bitShiftRight(wanted, 24) AS place, count() AS ports,
  arrayMap(k -> (bitAnd(k, 4294967295), 4294967295 - bitShiftRight(k, 32)), groupArraySorted({wants:UInt64})(sorting)) AS wants
FROM (
  SELECT $wanted AS wanted, bitShiftLeft(toUInt64(4294967295 - count()), 32) + bitAnd(wanted, 16777215) AS sorting
  FROM (SELECT $group AS source, $code AS code FROM drops WHERE source IN ($sources) AND $filter)
  GROUP BY wanted
)
GROUP BY place

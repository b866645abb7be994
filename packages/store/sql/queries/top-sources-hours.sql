-- What the few sources that top-sources found ask for, counted by the hours in which they did. $sources: their addresses, as the database
-- printed them. Parameters and columns: those of top-sources-wants, hours instead of packets.
SELECT bitShiftRight(wanted, 24) AS place, count() AS ports,
  arrayMap(k -> (bitAnd(k, 4294967295), 4294967295 - bitShiftRight(k, 32)), groupArraySorted({wants:UInt64})(sorting)) AS wants
FROM (
  SELECT wanted, bitShiftLeft(toUInt64(4294967295 - count()), 32) + bitAnd(wanted, 16777215) AS sorting
  FROM (
    SELECT arrayJoin(bitmapToArray(groupBitmapMergeState(ports))) AS code, $wanted AS wanted
    FROM (SELECT $group AS source, hour, ports FROM sources_1h WHERE source IN ($sources) AND $hourly-sources)
    GROUP BY source, hour
    UNION ALL
    SELECT code, wanted
    FROM (
      SELECT DISTINCT toStartOfHour(time) AS hour, code, $wanted AS wanted
      FROM (SELECT time, $group AS source, $code AS code FROM drops WHERE source IN ($sources) AND $filter)
    )
  )
  GROUP BY wanted
)
GROUP BY place

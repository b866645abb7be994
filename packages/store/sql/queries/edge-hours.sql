-- Of which of these hours every packet is kept: as many as the hourly history counts. Parameters: hours (seconds since 1970).
-- Columns: hour (ms), complete.
SELECT toInt64(toUnixTimestamp(h)) * 1000 AS hour, sum(raw) = sum(hourly) AS complete
FROM (
  SELECT toStartOfHour(time) AS h, 1 AS raw, 0 AS hourly FROM drops WHERE toStartOfHour(time) IN {hours:Array(DateTime('UTC'))}
  UNION ALL
  SELECT hour AS h, 0 AS raw, packets AS hourly FROM sources_1h WHERE hour IN {hours:Array(DateTime('UTC'))}
)
GROUP BY h

-- Since when packets are kept, beside what was ever loaded and is not forgotten altogether. Answered by the parts' own bounds: nothing is read.
-- Columns: packets, loaded (ms, the oldest packet's loading), history (ms, the oldest loading that the hourly history or the ledger tells of;
-- 0 = none).
WITH
  (SELECT toInt64(toUnixTimestamp(min(loaded))) * 1000 FROM sources_1h) AS hourly,
  (SELECT toUnixTimestamp64Milli(min(loaded_at)) FROM ledger) AS loads
SELECT count() AS packets, toUnixTimestamp64Milli(min(loaded_at)) AS loaded, if(hourly = 0 OR loads = 0, greatest(hourly, loads), least(hourly, loads)) AS history
FROM drops

-- What was never logged, by cause. Parameters: since, until (ms), hosts (empty = all).
-- Columns: cause, events, missing (lines or packets known to be missing), unknown (events that do not say how many), first, last (ms).
SELECT cause, count() AS events, sum(count) AS missing, countIf(count = 0) AS unknown,
  toUnixTimestamp64Milli(min(time)) AS first, toUnixTimestamp64Milli(max(time)) AS last
FROM undercount FINAL
WHERE time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
  AND (empty({hosts:Array(String)}) OR host IN {hosts:Array(String)})
GROUP BY cause
ORDER BY missing DESC, cause

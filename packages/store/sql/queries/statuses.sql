-- How each stream does: its last words, and its counts over all its epochs.
-- Columns: stream, host, source, epochs, lines, records, rejected {reason: lines}, time (ms, of the last words), position (in the last epoch).
SELECT toString(stream) AS id, argMax(host, moment) AS last_host, argMax(source, moment) AS last_source, count() AS epochs,
  sum(lines) AS all_lines, sum(records) AS all_records, sumMap(rejected) AS all_rejected, toUnixTimestamp64Milli(max(time)) AS last,
  argMax(position, moment) AS last_position
FROM (SELECT *, (time, position) AS moment FROM status FINAL)
GROUP BY stream
ORDER BY last_host, last_source, id

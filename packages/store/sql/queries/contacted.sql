-- Remotes that hosts contacted. Parameters: since (ms since 1970). Columns: address, hosts, seen (ms, by any of them).
SELECT address, arraySort(groupUniqArray(toString(host))) AS hosts, toUnixTimestamp64Milli(max(last)) AS seen
FROM contacted FINAL
WHERE last >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
GROUP BY address
ORDER BY address

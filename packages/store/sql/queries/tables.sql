-- How large the tables are. Columns: table, rows, bytes (on disk), parts.
SELECT t.name AS table, sum(p.rows) AS rows, sum(p.bytes_on_disk) AS bytes, countIf(p.name != '') AS parts
FROM system.tables AS t
LEFT JOIN (SELECT table, name, rows, bytes_on_disk FROM system.parts WHERE active AND database = currentDatabase()) AS p ON p.table = t.name
WHERE t.database = currentDatabase() AND t.engine LIKE '%MergeTree'
GROUP BY t.name
ORDER BY t.name

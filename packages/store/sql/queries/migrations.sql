-- Which migrations the database has. Columns: number, name, checksum; one row per number and text.
SELECT number, any(name) AS name, checksum
FROM migrations
GROUP BY number, checksum
ORDER BY number, checksum

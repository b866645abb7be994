-- What each table holds. Columns: rows (of drops), by_source, by_port (packets in the hourly tables).
SELECT (SELECT count() FROM drops) AS rows, (SELECT sum(packets) FROM sources_1h) AS by_source, (SELECT sum(packets) FROM ports_1h) AS by_port

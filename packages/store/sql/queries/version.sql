-- The server's version. Columns: version.
SELECT version() AS version

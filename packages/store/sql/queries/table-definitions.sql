-- How the tables are defined, in the server's words. Columns: table, definition.
SELECT name AS table, create_table_query AS definition FROM system.tables WHERE database = currentDatabase()

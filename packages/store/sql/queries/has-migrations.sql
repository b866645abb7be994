-- Whether the database has been migrated at all. Columns: found (0 or 1).
SELECT toUInt8(count() > 0) AS found FROM system.tables WHERE database = currentDatabase() AND name = 'migrations'

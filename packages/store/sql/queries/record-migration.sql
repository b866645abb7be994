-- Records that a migration is done. Parameters: number, name, checksum.
INSERT INTO migrations (number, name, checksum, applied_at)
SELECT {number:UInt32}, {name:String}, {checksum:String}, now64(3, 'UTC')
SETTINGS async_insert = 0

-- Stores remotes that hosts contacted; of one (address, host) the latest time stays.
-- Data: address, host, last, TabSeparated. Parameters: loaded_at (ms since 1970).
INSERT INTO contacted (address, host, last, loaded_at)
SELECT address, host, last, fromUnixTimestamp64Milli({loaded_at:Int64}, 'UTC')
FROM input('address IPv6, host String, last DateTime64(3, \'UTC\')')
SETTINGS async_insert = 0, input_format_parallel_parsing = 0, max_threads = 1, max_insert_threads = 1, input_format_null_as_default = 0,
  input_format_tsv_detect_header = 0, max_execution_time = 300
FORMAT TabSeparated

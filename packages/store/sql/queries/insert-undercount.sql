-- Stores what was never logged; the same again counts once.
-- Data: stream, epoch, position, cause, time, host, count, TabSeparated. Parameters: loaded_at (ms since 1970).
INSERT INTO undercount (stream, epoch, position, cause, time, host, count, loaded_at)
SELECT stream, epoch, position, cause, time, host, count, fromUnixTimestamp64Milli({loaded_at:Int64}, 'UTC')
FROM input('stream UInt64, epoch UInt64, position UInt64, cause String, time DateTime64(3, \'UTC\'), host String, count UInt64')
SETTINGS async_insert = 0, input_format_parallel_parsing = 0, max_threads = 1, max_insert_threads = 1, input_format_null_as_default = 0,
  input_format_tsv_detect_header = 0, max_execution_time = 300
FORMAT TabSeparated

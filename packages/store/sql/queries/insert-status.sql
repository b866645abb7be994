-- Stores how streams do; of one epoch the row with the highest position stays.
-- Data: stream, epoch, position, time, host, source, lines, records, rejected, TabSeparated. Parameters: loaded_at (ms since 1970).
INSERT INTO status (stream, epoch, position, time, host, source, lines, records, rejected, loaded_at)
SELECT stream, epoch, position, time, host, source, lines, records, rejected, fromUnixTimestamp64Milli({loaded_at:Int64}, 'UTC')
FROM input('stream UInt64, epoch UInt64, position UInt64, time DateTime64(3, \'UTC\'), host String, source String, lines UInt64, records UInt64, rejected Map(String, UInt64)')
SETTINGS async_insert = 0, input_format_parallel_parsing = 0, max_threads = 1, max_insert_threads = 1, input_format_null_as_default = 0,
  input_format_tsv_detect_header = 0, max_execution_time = 300
FORMAT TabSeparated

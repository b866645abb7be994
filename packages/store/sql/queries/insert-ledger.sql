-- Says of ranges that they are complete in every table; only after the data insert has returned.
-- Data: stream, epoch, first, last, rows, token, source, TabSeparated, in one block. Parameters: loaded_at (ms since 1970). Placeholder: $token.
INSERT INTO ledger (loaded_at, stream, epoch, first, last, rows, token, source)
SELECT fromUnixTimestamp64Milli({loaded_at:Int64}, 'UTC'), stream, epoch, first, last, rows, token, source
FROM input('stream UInt64, epoch UInt64, first UInt64, last UInt64, rows UInt32, token String, source String')
SETTINGS insert_deduplication_token = '$token', async_insert = 0, insert_deduplicate = 1, input_format_parallel_parsing = 0,
  max_insert_block_size = 1048449, max_threads = 1, max_insert_threads = 1, input_format_null_as_default = 0,
  input_format_tsv_detect_header = 0, input_format_defaults_for_omitted_fields = 0, max_execution_time = 300
FORMAT TabSeparated

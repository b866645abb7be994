-- Stores what hosts know of themselves; of one (host, since) the last row written stays.
-- Data: host, since, time (ms), addresses, gateways, resolvers, listening, absent, JSONEachRow. Parameters: loaded_at (ms since 1970).
INSERT INTO hosts (host, since, time, addresses, gateways, resolvers, listening, absent, loaded_at)
SELECT host, fromUnixTimestamp64Milli(since, 'UTC'), fromUnixTimestamp64Milli(time, 'UTC'), addresses, gateways, resolvers, listening, absent,
  fromUnixTimestamp64Milli({loaded_at:Int64}, 'UTC')
FROM input('host String, since Int64, time Int64, addresses Array(Tuple(address IPv6, bits UInt8, prefix UInt8, interface String)), gateways Array(IPv6), resolvers Array(IPv6), listening Array(Tuple(proto String, address IPv6, port UInt16)), absent Map(String, String)')
SETTINGS async_insert = 0, input_format_parallel_parsing = 0, max_threads = 1, max_insert_threads = 1, input_format_null_as_default = 0,
  input_format_defaults_for_omitted_fields = 0, max_execution_time = 300
FORMAT JSONEachRow

-- What each host knew of itself at a moment. Parameters: at (ms since 1970). Of what a wrong clock dated, the last that was written counts.
-- Columns: host, began, seen (ms), addresses, gateways, resolvers, listening, absent.
SELECT host, toUnixTimestamp64Milli(since) AS began, toUnixTimestamp64Milli(time) AS seen, addresses, gateways, resolvers, listening, absent
FROM (SELECT * FROM hosts FINAL WHERE since <= fromUnixTimestamp64Milli({at:Int64}, 'UTC') ORDER BY loaded_at DESC, since DESC LIMIT 1 BY host)
ORDER BY host

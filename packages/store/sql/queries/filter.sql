-- The condition that all questions about `drops` share; $filter in them stands for it. The hour's bounds are for the primary key only: no row is compared with them.
-- Parameters: since, until (ms; since inclusive, until exclusive), hours_from, hours_to (ms, whole hours: packets within are left out,
-- because the hourly history tells them; both the same: none), src_from, src_to, dst_from, dst_to, and lists of which an empty one
-- means any.
time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND ({hours_from:Int64} = {hours_to:Int64}
      OR NOT (time >= fromUnixTimestamp64Milli({hours_from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({hours_to:Int64}, 'UTC')))
    AND indexHint(toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
      AND toStartOfHour(time) <= toStartOfHour(fromUnixTimestamp64Milli({until:Int64}, 'UTC'))
      AND NOT (toStartOfHour(time) >= fromUnixTimestamp64Milli({hours_from:Int64}, 'UTC')
        AND toStartOfHour(time) < fromUnixTimestamp64Milli({hours_to:Int64}, 'UTC')))
    AND (({src_from:String} = '::' AND {src_to:String} = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')
      OR src BETWEEN toIPv6({src_from:String}) AND toIPv6({src_to:String}))
    AND (({dst_from:String} = '::' AND {dst_to:String} = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')
      OR dst BETWEEN toIPv6({dst_from:String}) AND toIPv6({dst_to:String}))
    AND (empty({directions:Array(String)}) OR direction IN {directions:Array(String)})
    AND (empty({actions:Array(String)}) OR action IN {actions:Array(String)})
    AND (empty({hosts:Array(String)}) OR host IN {hosts:Array(String)})
    AND (empty({prefixes:Array(String)}) OR prefix IN {prefixes:Array(String)})
    AND (empty({countries:Array(String)}) OR country IN {countries:Array(String)})
    AND (empty({protos:Array(String)}) OR proto IN {protos:Array(String)})
    AND $ports

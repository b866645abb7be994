-- The condition that all questions about `drops` share; $filter in them stands for it. The hour's bounds are for the primary key only: no row is compared with them.
-- Parameters: since, until (ms; since inclusive, until exclusive), src_from, src_to, dst_from, dst_to, and lists of which an empty one
-- means any; ports: single ports, and runs of them from port_from[i] to port_to[i].
time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND indexHint(toStartOfHour(time) >= toStartOfHour(fromUnixTimestamp64Milli({since:Int64}, 'UTC'))
      AND toStartOfHour(time) <= toStartOfHour(fromUnixTimestamp64Milli({until:Int64}, 'UTC')))
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
    AND ((empty({ports:Array(UInt16)}) AND empty({port_from:Array(UInt16)})) OR dst_port IN {ports:Array(UInt16)}
      OR arrayExists((a, b) -> dst_port BETWEEN a AND b, {port_from:Array(UInt16)}, {port_to:Array(UInt16)}))

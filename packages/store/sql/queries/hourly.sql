-- The condition that questions about `sources_1h` and `ports_1h` share; $hourly in them stands for it. No packet is loaded more than a day
-- before its own time, so months of loading that are older need not be read (two days, for clocks that were set back).
-- Parameters: hours_from, hours_to (ms, whole hours; from inclusive, to exclusive), and lists of which an empty one means any.
{hours_from:Int64} < {hours_to:Int64}
    AND hour >= toDateTime(intDiv({hours_from:Int64}, 1000), 'UTC') AND hour < toDateTime(intDiv({hours_to:Int64}, 1000), 'UTC')
    AND indexHint(loaded >= toDateTime(greatest(intDiv({hours_from:Int64}, 1000) - 172800, 0), 'UTC'))
    AND (empty({directions:Array(String)}) OR direction IN {directions:Array(String)})
    AND (empty({actions:Array(String)}) OR action IN {actions:Array(String)})
    AND (empty({hosts:Array(String)}) OR host IN {hosts:Array(String)})

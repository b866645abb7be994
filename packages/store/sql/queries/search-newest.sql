-- From when on there are enough packets. Parameters: the filters, limit. Columns: found (at most limit), oldest (ms, of the newest so many).
SELECT count() AS found, toUnixTimestamp64Milli(min(time)) AS oldest
FROM (SELECT time FROM drops WHERE $filter ORDER BY time DESC LIMIT {limit:UInt64})

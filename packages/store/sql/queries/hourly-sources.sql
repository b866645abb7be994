-- $hourly, and what only `sources_1h` knows. A country is that of the address when the hour was loaded.
-- Parameters: those of hourly, src_from, src_to, countries.
$hourly
    AND (({src_from:String} = '::' AND {src_to:String} = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')
      OR src BETWEEN toIPv6({src_from:String}) AND toIPv6({src_to:String}))
    AND (empty({countries:Array(String)}) OR country IN {countries:Array(String)})

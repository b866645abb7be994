-- Which ranges of one epoch the ledger has, as far as they touch [first, last]. A read of a few granules, whatever the ledger's size.
-- Parameters: stream, epoch, first, last, except_token ('' = none: rows of this token are left out). Columns: first, last, rows.
SELECT first, last, rows
FROM ledger
WHERE stream = {stream:UInt64} AND epoch = {epoch:UInt64} AND first <= {last:UInt64} AND last >= {first:UInt64}
  AND ({except_token:String} = '' OR token != {except_token:String})
ORDER BY first, last

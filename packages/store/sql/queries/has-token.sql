-- Whether the ledger has rows of a token. Parameters: token. Columns: found (0 or 1).
SELECT count() AS found FROM (SELECT 1 FROM ledger WHERE token = {token:String} LIMIT 1)

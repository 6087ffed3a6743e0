-- What the next row of the staging table is numbered: a killed attempt may have used up numbers it never wrote.
SELECT setval(pg_get_serial_sequence('{stage}', 'line'), %(next)s, false)

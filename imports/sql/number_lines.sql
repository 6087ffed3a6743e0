-- Set the number of the next staged row: a killed attempt may have drawn numbers that it never wrote.
SELECT setval(pg_get_serial_sequence('{stage}', 'line'), %(next)s, false)

-- The end of a chunk of so many kept rows that begins after a number: the last row of a key, so that the key also records
-- what is done. Null if the chunk takes the rest of the part.
SELECT (
    SELECT (
        SELECT max(number) FROM {plan}
        WHERE number < (
            SELECT number FROM {plan} WHERE number > cut.number AND key <> cut.key ORDER BY number LIMIT 1
        )
    )
    FROM (
        SELECT number, key FROM {plan} WHERE number > %(after)s ORDER BY number OFFSET %(rows)s - 1 LIMIT 1
    ) AS cut
)

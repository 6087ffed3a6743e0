-- Where a chunk of so many kept rows ends that begins after a number: with the last row of a key, so that what is done can
-- be told by the key as well. Null: the chunk takes the rest of the part.
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

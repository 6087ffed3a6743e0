-- The switch as it was left, and where this database is.
SELECT is_paused, changed_at, place AS left_at, hooks_place() AS place
FROM (VALUES (1)) AS the (id) LEFT JOIN hooks_deliveryswitch USING (id)

-- The stored state of the switch, and the place of this database.
SELECT is_paused, changed_at, place AS stored_place, hooks_place() AS place
FROM (VALUES (1)) AS the (id) LEFT JOIN hooks_deliveryswitch USING (id)

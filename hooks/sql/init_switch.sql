INSERT INTO hooks_deliveryswitch (id, place) VALUES (1, %(place)s) ON CONFLICT (id) DO NOTHING RETURNING id

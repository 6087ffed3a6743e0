-- Unlogged: a crash of the server empties it, which engine notices by counting, and nothing is written twice.
CREATE UNLOGGED TABLE IF NOT EXISTS {stage} (
    row bigint NOT NULL,
    line bigint NOT NULL,
    sku text NOT NULL,
    name text,
    description text,
    price numeric(12, 2),
    is_active boolean
)

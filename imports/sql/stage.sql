-- Unlogged: a crash of the server empties it, which engine notices by counting, and nothing is written twice.
-- What is made of a cell is made here, while the reader of the file has the other processor.
CREATE UNLOGGED TABLE IF NOT EXISTS {stage} (
    row bigint NOT NULL,
    line bigint NOT NULL,
    sku text NOT NULL,
    name text,
    description text,
    price_text text,
    is_active boolean,
    key text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(sku)) STORED,
    price numeric(12, 2) GENERATED ALWAYS AS (price_text::numeric(12, 2)) STORED
)

-- What the file would change; see plan.sql. The rows are in the parts of it, which have no key in common and follow one
-- another in key order, and so do their numbers. Unlogged: it can be made again.
CREATE UNLOGGED TABLE {plan} (
    number bigint,
    kind text,
    key text COLLATE "C",
    line bigint,
    superseded_by bigint,
    product_id bigint,
    seen_at timestamptz,
    sku text,
    name text,
    description text,
    price numeric(12, 2),
    is_active boolean,
    name_before text,
    description_before text,
    price_before numeric(12, 2),
    is_active_before boolean
) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off)

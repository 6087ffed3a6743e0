-- The slices of the plan: ranges of its numbers, each with the rows that it stands for, and how many rows of each kind and
-- with each flag the plan keeps in it. Unlogged, as the plan is.
CREATE UNLOGGED TABLE {slices} (
    after bigint,
    up_to bigint,
    rows bigint,
    superseded bigint,
    created bigint,
    updated bigint,
    deactivated bigint,
    ignored bigint,
    unchanged bigint,
    new_at_zero bigint,
    large_price_change bigint,
    goes_inactive bigint,
    last_key text COLLATE "C"
) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off)

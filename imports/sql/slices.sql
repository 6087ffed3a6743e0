-- The slices in the order of the plan, each with how many rows are done once it is applied.
SELECT after, up_to, rows, superseded, created, updated, deactivated, ignored, unchanged,
    new_at_zero, large_price_change, goes_inactive, last_key,
    (sum(rows) OVER (ORDER BY after))::bigint AS done
FROM {slices}
ORDER BY after

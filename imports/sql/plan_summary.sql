-- How many rows of the plan are superseded, create a product, change one, make one inactive that the file lacks.
SELECT count(superseded_by),
    count(*) FILTER (WHERE superseded_by IS NULL AND product_id IS NULL),
    count(*) FILTER (WHERE superseded_by IS NULL AND product_id IS NOT NULL AND line > 0),
    count(*) FILTER (WHERE line = 0)
FROM {plan}

-- Rows that a statement rejects: the first ones are kept as far as there is room, the others by line only.
WITH {rejected}, placed AS (
    SELECT *, row_number() OVER (ORDER BY line) AS place FROM rejected
), listed AS (
    INSERT INTO imports_rejectedrow (job_id, line, "column", code, message, value, needs_backfill)
    SELECT %(job)s, line, "column", code, message, value, true FROM placed WHERE place <= %(room)s
), unlisted AS (
    INSERT INTO imports_unlistedrows (job_id, lines)
    SELECT %(job)s, array_agg(line ORDER BY line) FROM placed WHERE place > %(room)s HAVING count(*) > 0
)
SELECT count(*) FROM placed

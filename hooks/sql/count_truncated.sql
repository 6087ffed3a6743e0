-- One line that subtracts all deliveries. Not a DELETE of lines, which would miss one that a fold is just writing.
INSERT INTO hooks_deliverycount (hour, pruned, accepted, failed)
SELECT date_trunc('hour', now(), 'UTC'), false, -sum(accepted), -sum(failed) FROM hooks_deliverycount
WHERE NOT pruned HAVING count(*) > 0;
RETURN NULL;

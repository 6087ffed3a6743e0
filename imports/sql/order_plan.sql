-- Pages of what would change are asked for in this order.
CREATE INDEX ON {plan} (key, line)

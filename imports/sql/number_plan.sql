CREATE INDEX ON {plan} (number)

CREATE INDEX {index} ON {plan} (number)

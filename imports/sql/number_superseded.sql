-- Superseded rows are few; nothing reads the whole plan to find them.
CREATE INDEX {index} ON {plan} (number) WHERE kind = 'superseded'

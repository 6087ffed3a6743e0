CREATE UNLOGGED TABLE {part} () INHERITS ({plan}) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off)

-- The last of all: what reads the views waits for the rest of this transaction. Those in public read them, and have the
-- same columns.

select engine.write_legacy_views();

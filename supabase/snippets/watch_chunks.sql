-- The chunks that were worked on last
select * from backfill_chunks order by coalesce(ended_at, started_at) desc nulls last, chunk_id limit 100;

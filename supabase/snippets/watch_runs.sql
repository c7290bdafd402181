-- How far every run is, and what to do when one is paused
select * from backfill_status order by run_id desc;

-- How far every run is, and what to do when one is paused
select * from backfill_status order by run_id desc;

-- Whether the data is as new as the schedules promise
select * from data_freshness;

-- Open alerts
select raised_at, kind, subject, message from alerts where resolved_at is null order by raised_at desc;

-- What is missing
select * from coverage_gaps order by day desc, feed limit 100;

-- Recent errors
select occurred_at, run_id, chunk_id, feed, failure_class, http_status, attempt, message
from ingest_errors
order by occurred_at desc
limit 50;

-- What could not be understood
select last_seen_at, feed, kind, race_id, horse_id, path, reason
from ingest_rejects
order by last_seen_at desc
limit 50;

-- The answers to the last dispatches and alerts that were sent through pg_net
select created, status_code, timed_out, error_msg from net._http_response order by created desc limit 20;

-- Recent errors
select occurred_at, run_id, chunk_id, feed, failure_class, http_status, attempt, message
from ingest_errors
order by occurred_at desc
limit 50;

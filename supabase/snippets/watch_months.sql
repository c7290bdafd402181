-- What is stored of each feed in each month, failed months first
select feed, month, state, days_covered, days, races_stored, chunks_live, chunks_dead, last_error, run_id
from coverage_months
order by state = 'failed' desc, state = 'running' desc, month desc nulls first, feed;

-- Which fields the API sends that are not stored, and what they hold
select feed, object, field, times_seen, first_value, newest_value, last_seen_at
from ingest_unknown_fields
order by last_seen_at desc
limit 50;

-- What could not be understood
select last_seen_at, feed, kind, race_id, horse_id, path, reason
from ingest_rejects
order by last_seen_at desc
limit 50;

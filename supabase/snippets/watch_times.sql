-- Why it is slow: where the time of the invocations of the last hour went, in seconds a page
select
  feed,
  count(*) as invocations,
  sum(pages) as pages,
  round(avg(dispatch_seconds), 2) as dispatch_seconds_each,
  round(sum(slot_seconds) / nullif(sum(pages), 0), 3) as slot_seconds,
  round(sum(fetch_seconds) / nullif(sum(pages), 0), 3) as fetch_seconds,
  round(sum(store_seconds) / nullif(sum(pages), 0), 3) as store_seconds,
  round(sum(other_seconds) / nullif(sum(pages), 0), 3) as other_seconds
from invocation_times
where claimed_at > now() - interval '1 hour'
group by feed
order by feed;

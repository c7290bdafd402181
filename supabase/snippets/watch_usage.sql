-- What each day cost: API calls, invocations, log lines, megabytes of the database
select * from usage_by_day order by day desc;

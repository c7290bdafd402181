-- Open alerts
select raised_at, kind, subject, message from alerts where resolved_at is null order by raised_at desc;

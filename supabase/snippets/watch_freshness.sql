-- Whether the data is as new as the schedules promise
select * from data_freshness;

-- What is missing
select * from coverage_gaps order by day desc, feed limit 100;

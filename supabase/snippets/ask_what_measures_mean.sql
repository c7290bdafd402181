-- What do PRB, IV and A/E come to for five runs?
with run (position, ran, sp_decimal) as (
  values (1, 8, 5.0), (4, 10, 3.5), (7, 7, 11.0), (2, 5, 2.25), (1, 12, 9.0)
)
select
  count(*)::integer as runs,
  count(*) filter (where position = 1)::integer as wins,
  round(avg(racing.prb(ran, ran, position))::numeric, 3) as prb,
  round(count(*) filter (where position = 1) / 5.0 / (count(*)::numeric / sum(ran)), 3) as iv,
  round(sum(1 / sp_decimal), 3) as expected_wins,
  round(count(*) filter (where position = 1) / sum(1 / sp_decimal), 3) as ae,
  sum(racing.sp_profit(position, 1, sp_decimal))::numeric as profit
from run;

-- Runners of a page into their table.

-- Races with a result of which every runner could be understood: who is not in it, did not run.
create view engine.whole_results
with (security_invoker = true)
as
select race.id as race_id
from public.ra_races as race
where
  race.has_result
  -- A result without a single runner says nothing of who ran.
  and exists (select from public.ra_runners as runner where runner.race_id = race.id and runner.has_result)
  and not exists (
    select from public.ingest_rejects as reject
    where reject.feed = 'results' and reject.race_id = race.id and reject.kind = 'runner'
  );
comment on view engine.whole_results is 'Races whose result is stored, with runners and without a rejected one.';

create function engine.upsert_runners(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_runners as known (
    race_id, horse_id, jockey_id, trainer_id, owner_id, number, draw, age, sex_code, weight_lbs, headgear,
    official_rating, jockey_claim_lbs, silk_url, headgear_run, wind_surgery, wind_surgery_run, card_rpr,
    card_topspeed, form, last_run, last_run_days, card_comment, spotlight, trainer_rtf_percent,
    trainer_14_days_runs, trainer_14_days_wins, trainer_14_days_percent, past_results_flags, quotes,
    stable_tour, medical, previous_trainers, previous_owners, position, position_code, beaten_lengths,
    beaten_lengths_overall, time_seconds, sp, sp_decimal, sp_favourite, bsp, rpr, topspeed, result_comment,
    prize_amount, prize_currency, is_non_runner, is_reserve, has_card, has_result
  )
  select
    seen.race_id, seen.horse_id, seen.jockey_id, seen.trainer_id, seen.owner_id, seen.number, seen.draw, seen.age, seen.sex_code,
    seen.weight_lbs, seen.headgear, seen.official_rating, seen.jockey_claim_lbs, seen.silk_url, seen.headgear_run,
    seen.wind_surgery, seen.wind_surgery_run, seen.card_rpr, seen.card_topspeed, seen.form, seen.last_run, seen.last_run_days,
    seen.card_comment, seen.spotlight, seen.trainer_rtf_percent, seen.trainer_14_days_runs, seen.trainer_14_days_wins,
    seen.trainer_14_days_percent, seen.past_results_flags, seen.quotes, seen.stable_tour, seen.medical, seen.previous_trainers,
    seen.previous_owners, seen.position, seen.position_code, seen.beaten_lengths, seen.beaten_lengths_overall,
    seen.time_seconds, seen.sp, seen.sp_decimal, seen.sp_favourite, seen.bsp, seen.rpr, seen.topspeed, seen.result_comment,
    seen.prize_amount, seen.prize_currency,
    coalesce(seen.is_non_runner, false) or (coalesce(seen.has_card, false) and whole.race_id is not null),
    coalesce(seen.is_reserve, false), coalesce(seen.has_card, false), coalesce(seen.has_result, false)
  from jsonb_populate_recordset(null::public.ra_runners, rows) as seen
  -- A horse on a card whose race has its whole result did not run; the result's own row, if there is one, knows better.
  left join engine.whole_results as whole on whole.race_id = seen.race_id
  order by seen.race_id, seen.horse_id
  on conflict (race_id, horse_id) do update set
    jockey_id = engine.shared_value(known.jockey_id, known.has_result, excluded.jockey_id, excluded.has_result),
    trainer_id = engine.shared_value(known.trainer_id, known.has_result, excluded.trainer_id, excluded.has_result),
    owner_id = engine.shared_value(known.owner_id, known.has_result, excluded.owner_id, excluded.has_result),
    number = engine.shared_value(known.number, known.has_result, excluded.number, excluded.has_result),
    draw = engine.shared_value(known.draw, known.has_result, excluded.draw, excluded.has_result),
    age = engine.shared_value(known.age, known.has_result, excluded.age, excluded.has_result),
    sex_code = engine.shared_value(known.sex_code, known.has_result, excluded.sex_code, excluded.has_result),
    weight_lbs = engine.shared_value(known.weight_lbs, known.has_result, excluded.weight_lbs, excluded.has_result),
    headgear = engine.shared_value(known.headgear, known.has_result, excluded.headgear, excluded.has_result),
    official_rating = engine.shared_value(known.official_rating, known.has_result, excluded.official_rating, excluded.has_result),
    jockey_claim_lbs = engine.shared_value(known.jockey_claim_lbs, known.has_result, excluded.jockey_claim_lbs, excluded.has_result),
    silk_url = engine.shared_value(known.silk_url, known.has_result, excluded.silk_url, excluded.has_result),
    -- Card-owned.
    headgear_run = coalesce(excluded.headgear_run, known.headgear_run),
    wind_surgery = coalesce(excluded.wind_surgery, known.wind_surgery),
    wind_surgery_run = coalesce(excluded.wind_surgery_run, known.wind_surgery_run),
    card_rpr = coalesce(excluded.card_rpr, known.card_rpr),
    card_topspeed = coalesce(excluded.card_topspeed, known.card_topspeed),
    form = coalesce(excluded.form, known.form),
    (last_run, last_run_days) = (
      select excluded.last_run, excluded.last_run_days where excluded.last_run is not null
      union all
      select known.last_run, known.last_run_days where excluded.last_run is null
    ),
    card_comment = coalesce(excluded.card_comment, known.card_comment),
    spotlight = coalesce(excluded.spotlight, known.spotlight),
    trainer_rtf_percent = coalesce(excluded.trainer_rtf_percent, known.trainer_rtf_percent),
    trainer_14_days_runs = coalesce(excluded.trainer_14_days_runs, known.trainer_14_days_runs),
    trainer_14_days_wins = coalesce(excluded.trainer_14_days_wins, known.trainer_14_days_wins),
    trainer_14_days_percent = coalesce(excluded.trainer_14_days_percent, known.trainer_14_days_percent),
    past_results_flags = coalesce(excluded.past_results_flags, known.past_results_flags),
    quotes = coalesce(excluded.quotes, known.quotes),
    stable_tour = coalesce(excluded.stable_tour, known.stable_tour),
    medical = coalesce(excluded.medical, known.medical),
    previous_trainers = coalesce(excluded.previous_trainers, known.previous_trainers),
    previous_owners = coalesce(excluded.previous_owners, known.previous_owners),
    -- Result-owned.
    -- Values that belong together change together: a winner who is disqualified keeps no position.
    (position, position_code) = (
      select excluded.position, excluded.position_code where num_nonnulls(excluded.position, excluded.position_code) > 0
      union all
      select known.position, known.position_code where num_nonnulls(excluded.position, excluded.position_code) = 0
    ),
    beaten_lengths = coalesce(excluded.beaten_lengths, known.beaten_lengths),
    beaten_lengths_overall = coalesce(excluded.beaten_lengths_overall, known.beaten_lengths_overall),
    time_seconds = coalesce(excluded.time_seconds, known.time_seconds),
    (sp, sp_favourite) = (
      select excluded.sp, excluded.sp_favourite where excluded.sp is not null
      union all
      select known.sp, known.sp_favourite where excluded.sp is null
    ),
    sp_decimal = coalesce(excluded.sp_decimal, known.sp_decimal),
    bsp = coalesce(excluded.bsp, known.bsp),
    rpr = coalesce(excluded.rpr, known.rpr),
    topspeed = coalesce(excluded.topspeed, known.topspeed),
    result_comment = coalesce(excluded.result_comment, known.result_comment),
    (prize_amount, prize_currency) = (
      coalesce(excluded.prize_amount, known.prize_amount), coalesce(excluded.prize_currency, known.prize_currency)
    ),
    is_non_runner = case
      when excluded.has_result then excluded.is_non_runner
      when known.has_result then known.is_non_runner
      else excluded.is_non_runner
    end,
    is_reserve = case when excluded.has_card then excluded.is_reserve else known.is_reserve end,
    has_card = known.has_card or excluded.has_card,
    has_result = known.has_result or excluded.has_result
$$;
comment on function engine.upsert_runners(jsonb) is
  'Upserts an array of rows shaped like ra_runners. Masters and races must have their rows by then.';

revoke all on engine.whole_results from public, anon, authenticated, service_role;
grant select on engine.whole_results to service_role;
revoke all on function engine.upsert_runners from public, anon, authenticated, service_role;
grant execute on function engine.upsert_runners to service_role;

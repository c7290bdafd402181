-- One page of the API into the tables: rows, rejects, coverage, cursor and lease in one transaction.

create function engine.newer_value(known anyelement, known_on date, seen anyelement, seen_on date)
returns anyelement
language sql
immutable
security invoker
set search_path = ''
as $$
  select case
    when seen_on > known_on then coalesce(seen, known)
    when seen_on < known_on then coalesce(known, seen)
    else greatest(known, seen)
  end
$$;

comment on function engine.newer_value(anyelement, date, anyelement, date) is
  'The value seen on the newer day; a missing one never replaces a known one. Seen on the same day, the greater one, so
   that the order of pulling does not show.';

-- Two pages stored at the same time share courses, people and pedigrees. Rows are upserted in the order of their keys and the
-- tables always in the same order, so that pages wait for each other but never in a ring; and a row that brings nothing new is
-- left out beforehand, because even an upsert that changes nothing locks its row, and a lock on a course would make every page
-- wait for every other. What is known only ever becomes more, so a row left out by an outdated look is not missed.

create function engine.upsert_regions(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_mst_regions as known (code, name)
  select seen.code, seen.name
  from jsonb_populate_recordset(null::public.ra_mst_regions, rows) as seen
  order by seen.code
  on conflict (code) do update set name = coalesce(excluded.name, known.name)
$$;
comment on function engine.upsert_regions(jsonb) is 'Upserts an array of {code, name}.';

create function engine.upsert_bookmakers(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_mst_bookmakers as known (code, name, type)
  select seen.code, seen.name, seen.type
  from jsonb_populate_recordset(null::public.ra_mst_bookmakers, rows) as seen
  left join public.ra_mst_bookmakers as known on known.code = seen.code
  where known.code is null or (seen.type <> 'unknown' and (seen.name, seen.type) is distinct from (known.name, known.type))
  order by seen.code
  on conflict (code) do update set name = excluded.name, type = excluded.type
  where excluded.type <> 'unknown'
$$;
comment on function engine.upsert_bookmakers(jsonb) is
  'Upserts an array of {code, name, type}. One of unknown type (seen in odds) changes nothing of one that is known.';

create function engine.upsert_courses(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_mst_courses as known (id, name, region_code, is_listed)
  select seen.id, seen.name, seen.region_code, seen.is_listed
  from jsonb_populate_recordset(null::public.ra_mst_courses, rows) as seen
  left join public.ra_mst_courses as known on known.id = seen.id
  where
    known.id is null
    or (seen.is_listed and (seen.name, seen.region_code, true) is distinct from (known.name, known.region_code, known.is_listed))
    or num_nonnulls(coalesce(known.name, seen.name), coalesce(known.region_code, seen.region_code))
      > num_nonnulls(known.name, known.region_code)
  order by seen.id
  on conflict (id) do update set
    name = case when excluded.is_listed then coalesce(excluded.name, known.name) else coalesce(known.name, excluded.name) end,
    region_code = case
      when excluded.is_listed then coalesce(excluded.region_code, known.region_code)
      else coalesce(known.region_code, excluded.region_code)
    end,
    is_listed = known.is_listed or excluded.is_listed
$$;
comment on function engine.upsert_courses(jsonb) is
  'Upserts an array of {id, name, region_code, is_listed}. The name of /courses is never replaced by the one on a race.';

-- Sires, dams and damsires differ by the table only, and so do jockeys and owners.
create function engine.upsert_parents(kind text, rows jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if kind not in ('sires', 'dams', 'damsires') then
    raise exception 'Unknown kind of parent "%"', kind using errcode = '22023';
  end if;
  execute format(
    'insert into public.ra_mst_%1$s as known (id, name, region_code, horse_id, last_seen_on)
     select seen.id, seen.name, seen.region_code, ''hrs_'' || substr(seen.id, 5), seen.last_seen_on
     from jsonb_populate_recordset(null::public.ra_mst_%1$s, $1) as seen
     left join public.ra_mst_%1$s as known on known.id = seen.id
     where
       known.id is null
       or seen.last_seen_on > known.last_seen_on
       or (
         seen.last_seen_on = known.last_seen_on
         and (greatest(known.name, seen.name), greatest(known.region_code, seen.region_code))
           is distinct from (known.name, known.region_code)
       )
       or num_nonnulls(coalesce(known.name, seen.name), coalesce(known.region_code, seen.region_code))
         > num_nonnulls(known.name, known.region_code)
     order by seen.id
     on conflict (id) do update set
       name = engine.newer_value(known.name, known.last_seen_on, excluded.name, excluded.last_seen_on),
       region_code = engine.newer_value(known.region_code, known.last_seen_on, excluded.region_code, excluded.last_seen_on),
       last_seen_on = greatest(known.last_seen_on, excluded.last_seen_on)',
    kind
  ) using rows;
end
$$;
comment on function engine.upsert_parents(text, jsonb) is
  'Upserts an array of {id, name, region_code, last_seen_on} into sires, dams or damsires.';

create function engine.upsert_people(kind text, rows jsonb)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
begin
  if kind not in ('jockeys', 'owners') then
    raise exception 'Unknown kind of people "%"', kind using errcode = '22023';
  end if;
  execute format(
    'insert into public.ra_mst_%1$s as known (id, name, last_seen_on)
     select seen.id, seen.name, seen.last_seen_on
     from jsonb_populate_recordset(null::public.ra_mst_%1$s, $1) as seen
     left join public.ra_mst_%1$s as known on known.id = seen.id
     where
       known.id is null
       or seen.last_seen_on > known.last_seen_on
       or (seen.last_seen_on = known.last_seen_on and seen.name > known.name)
       or (known.name is null and seen.name is not null)
     order by seen.id
     on conflict (id) do update set
       name = engine.newer_value(known.name, known.last_seen_on, excluded.name, excluded.last_seen_on),
       last_seen_on = greatest(known.last_seen_on, excluded.last_seen_on)',
    kind
  ) using rows;
end
$$;
comment on function engine.upsert_people(text, jsonb) is 'Upserts an array of {id, name, last_seen_on} into jockeys or owners.';

create function engine.upsert_trainers(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_mst_trainers as known (id, name, location, last_seen_on, card_seen_on)
  select seen.id, seen.name, seen.location, seen.last_seen_on, seen.card_seen_on
  from (
    -- A card without a location says nothing about it: it must not make an older one look newer.
    select r.id, r.name, r.location, r.last_seen_on, case when r.location is not null then r.card_seen_on end as card_seen_on
    from jsonb_populate_recordset(null::public.ra_mst_trainers, rows) as r
  ) as seen
  left join public.ra_mst_trainers as known on known.id = seen.id
  where
    known.id is null
    or seen.last_seen_on > known.last_seen_on
    or coalesce(seen.card_seen_on, '-infinity') > coalesce(known.card_seen_on, '-infinity')
    or (seen.last_seen_on = known.last_seen_on and seen.name > known.name)
    or (seen.card_seen_on = known.card_seen_on and seen.location > known.location)
    or num_nonnulls(coalesce(known.name, seen.name), coalesce(known.location, seen.location))
      > num_nonnulls(known.name, known.location)
  order by seen.id
  on conflict (id) do update set
    name = engine.newer_value(known.name, known.last_seen_on, excluded.name, excluded.last_seen_on),
    location = engine.newer_value(
      known.location, coalesce(known.card_seen_on, '-infinity'), excluded.location, coalesce(excluded.card_seen_on, '-infinity')
    ),
    last_seen_on = greatest(known.last_seen_on, excluded.last_seen_on),
    card_seen_on = greatest(known.card_seen_on, excluded.card_seen_on)
$$;
comment on function engine.upsert_trainers(jsonb) is 'Upserts an array of {id, name, location, last_seen_on, card_seen_on}.';

create function engine.upsert_horses(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_mst_horses as known (
    id, name, region_code, dob, sex, sex_code, colour, breeder, sire_id, dam_id, damsire_id, last_seen_on, card_seen_on
  )
  select
    seen.id, seen.name, seen.region_code, seen.dob, seen.sex, seen.sex_code, seen.colour, seen.breeder, seen.sire_id,
    seen.dam_id, seen.damsire_id, seen.last_seen_on, seen.card_seen_on
  from jsonb_populate_recordset(null::public.ra_mst_horses, rows) as seen
  left join public.ra_mst_horses as known on known.id = seen.id
  where
    known.id is null
    or seen.last_seen_on > known.last_seen_on
    or coalesce(seen.card_seen_on, '-infinity') > coalesce(known.card_seen_on, '-infinity')
    or (
      seen.last_seen_on = known.last_seen_on
      and (
        greatest(known.name, seen.name), greatest(known.region_code, seen.region_code),
        greatest(known.sire_id, seen.sire_id), greatest(known.dam_id, seen.dam_id),
        greatest(known.damsire_id, seen.damsire_id)
      ) is distinct from (known.name, known.region_code, known.sire_id, known.dam_id, known.damsire_id)
    )
    or (
      seen.card_seen_on = known.card_seen_on
      and (
        greatest(known.dob, seen.dob), greatest(known.sex, seen.sex), greatest(known.sex_code, seen.sex_code),
        greatest(known.colour, seen.colour), greatest(known.breeder, seen.breeder)
      ) is distinct from (known.dob, known.sex, known.sex_code, known.colour, known.breeder)
    )
    or num_nonnulls(
      coalesce(known.name, seen.name), coalesce(known.region_code, seen.region_code), coalesce(known.sire_id, seen.sire_id),
      coalesce(known.dam_id, seen.dam_id), coalesce(known.damsire_id, seen.damsire_id), coalesce(known.dob, seen.dob),
      coalesce(known.sex, seen.sex), coalesce(known.sex_code, seen.sex_code), coalesce(known.colour, seen.colour),
      coalesce(known.breeder, seen.breeder)
    ) > num_nonnulls(
      known.name, known.region_code, known.sire_id, known.dam_id, known.damsire_id, known.dob, known.sex, known.sex_code,
      known.colour, known.breeder
    )
  order by seen.id
  on conflict (id) do update set
    name = engine.newer_value(known.name, known.last_seen_on, excluded.name, excluded.last_seen_on),
    region_code = engine.newer_value(known.region_code, known.last_seen_on, excluded.region_code, excluded.last_seen_on),
    sire_id = engine.newer_value(known.sire_id, known.last_seen_on, excluded.sire_id, excluded.last_seen_on),
    dam_id = engine.newer_value(known.dam_id, known.last_seen_on, excluded.dam_id, excluded.last_seen_on),
    damsire_id = engine.newer_value(known.damsire_id, known.last_seen_on, excluded.damsire_id, excluded.last_seen_on),
    -- Only cards know these; a day of results must not make an older card look stale.
    (dob, sex, sex_code, colour, breeder) = (
      select
        engine.newer_value(known.dob, card.known_on, excluded.dob, card.seen_on),
        engine.newer_value(known.sex, card.known_on, excluded.sex, card.seen_on),
        engine.newer_value(known.sex_code, card.known_on, excluded.sex_code, card.seen_on),
        engine.newer_value(known.colour, card.known_on, excluded.colour, card.seen_on),
        engine.newer_value(known.breeder, card.known_on, excluded.breeder, card.seen_on)
      from (
        values (coalesce(known.card_seen_on, '-infinity'), coalesce(excluded.card_seen_on, '-infinity'))
      ) as card (known_on, seen_on)
    ),
    last_seen_on = greatest(known.last_seen_on, excluded.last_seen_on),
    card_seen_on = greatest(known.card_seen_on, excluded.card_seen_on)
$$;
comment on function engine.upsert_horses(jsonb) is
  'Upserts an array of rows shaped like ra_mst_horses. Parents must have their rows by then.';

-- Shared columns: a result's word stands, a card fills what the result left open. Otherwise the newer pull wins, and a
-- missing value never replaces a known one.
create function engine.shared_value(known anyelement, known_from_result boolean, seen anyelement, seen_in_result boolean)
returns anyelement
language sql
immutable
security invoker
set search_path = ''
as $$
  select case when known_from_result and not seen_in_result then coalesce(known, seen) else coalesce(seen, known) end
$$;
comment on function engine.shared_value(anyelement, boolean, anyelement, boolean) is
  'Which of two values a column keeps that both cards and results carry.';

create function engine.upsert_races(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_races as known (
    id, course_id, region_code, race_date, off_dt, off_time, race_name, race_type, race_class, pattern,
    age_band, sex_restriction, rating_band, distance_yards, distance_metres, distance_furlongs, going,
    surface, jumps, card_date, card_distance, card_distance_round, field_size, going_detailed, rail_movements, stalls,
    weather, is_big_race, race_status, tip, verdict, betting_forecast, is_abandoned, prize_amount,
    prize_currency, result_distance, winning_time_detail, stewards_comments, non_runners, tote_win,
    tote_place, tote_exacta, tote_csf, tote_tricast, tote_trifecta, has_card, has_result
  )
  select
    seen.id, seen.course_id, seen.region_code, seen.race_date, seen.off_dt, seen.off_time, seen.race_name, seen.race_type,
    seen.race_class, seen.pattern, seen.age_band, seen.sex_restriction, seen.rating_band, seen.distance_yards,
    seen.distance_metres, seen.distance_furlongs, seen.going, seen.surface, seen.jumps,
    case when seen.has_card then seen.race_date end, seen.card_distance,
    seen.card_distance_round, seen.field_size, seen.going_detailed, seen.rail_movements, seen.stalls, seen.weather,
    seen.is_big_race, seen.race_status, seen.tip, seen.verdict, seen.betting_forecast, coalesce(seen.is_abandoned, false),
    seen.prize_amount, seen.prize_currency, seen.result_distance, seen.winning_time_detail, seen.stewards_comments,
    seen.non_runners, seen.tote_win, seen.tote_place, seen.tote_exacta, seen.tote_csf, seen.tote_tricast, seen.tote_trifecta,
    coalesce(seen.has_card, false), coalesce(seen.has_result, false)
  from jsonb_populate_recordset(null::public.ra_races, rows) as seen
  order by seen.id
  on conflict (id) do update set
    course_id = engine.shared_value(known.course_id, known.has_result, excluded.course_id, excluded.has_result),
    region_code = engine.shared_value(known.region_code, known.has_result, excluded.region_code, excluded.has_result),
    race_date = engine.shared_value(known.race_date, known.has_result, excluded.race_date, excluded.has_result),
    off_dt = engine.shared_value(known.off_dt, known.has_result, excluded.off_dt, excluded.has_result),
    off_time = engine.shared_value(known.off_time, known.has_result, excluded.off_time, excluded.has_result),
    race_name = engine.shared_value(known.race_name, known.has_result, excluded.race_name, excluded.has_result),
    race_type = engine.shared_value(known.race_type, known.has_result, excluded.race_type, excluded.has_result),
    race_class = engine.shared_value(known.race_class, known.has_result, excluded.race_class, excluded.has_result),
    pattern = engine.shared_value(known.pattern, known.has_result, excluded.pattern, excluded.has_result),
    age_band = engine.shared_value(known.age_band, known.has_result, excluded.age_band, excluded.has_result),
    sex_restriction = engine.shared_value(known.sex_restriction, known.has_result, excluded.sex_restriction, excluded.has_result),
    rating_band = engine.shared_value(known.rating_band, known.has_result, excluded.rating_band, excluded.has_result),
    distance_yards = engine.shared_value(known.distance_yards, known.has_result, excluded.distance_yards, excluded.has_result),
    distance_metres = engine.shared_value(known.distance_metres, known.has_result, excluded.distance_metres, excluded.has_result),
    distance_furlongs = engine.shared_value(known.distance_furlongs, known.has_result, excluded.distance_furlongs, excluded.has_result),
    going = engine.shared_value(known.going, known.has_result, excluded.going, excluded.has_result),
    surface = engine.shared_value(known.surface, known.has_result, excluded.surface, excluded.has_result),
    jumps = engine.shared_value(known.jumps, known.has_result, excluded.jumps, excluded.has_result),
    -- Card-owned: null on a result's row, so that coalesce leaves what the card brought.
    card_date = coalesce(excluded.card_date, known.card_date),
    card_distance = coalesce(excluded.card_distance, known.card_distance),
    card_distance_round = coalesce(excluded.card_distance_round, known.card_distance_round),
    field_size = coalesce(excluded.field_size, known.field_size),
    going_detailed = coalesce(excluded.going_detailed, known.going_detailed),
    rail_movements = coalesce(excluded.rail_movements, known.rail_movements),
    stalls = coalesce(excluded.stalls, known.stalls),
    weather = coalesce(excluded.weather, known.weather),
    is_big_race = coalesce(excluded.is_big_race, known.is_big_race),
    race_status = coalesce(excluded.race_status, known.race_status),
    tip = coalesce(excluded.tip, known.tip),
    verdict = coalesce(excluded.verdict, known.verdict),
    betting_forecast = coalesce(excluded.betting_forecast, known.betting_forecast),
    is_abandoned = case when excluded.has_card then excluded.is_abandoned else known.is_abandoned end,
    (prize_amount, prize_currency) = (
      coalesce(excluded.prize_amount, known.prize_amount), coalesce(excluded.prize_currency, known.prize_currency)
    ),
    -- Result-owned: null on a card's row.
    result_distance = coalesce(excluded.result_distance, known.result_distance),
    winning_time_detail = coalesce(excluded.winning_time_detail, known.winning_time_detail),
    stewards_comments = coalesce(excluded.stewards_comments, known.stewards_comments),
    non_runners = coalesce(excluded.non_runners, known.non_runners),
    tote_win = coalesce(excluded.tote_win, known.tote_win),
    tote_place = coalesce(excluded.tote_place, known.tote_place),
    tote_exacta = coalesce(excluded.tote_exacta, known.tote_exacta),
    tote_csf = coalesce(excluded.tote_csf, known.tote_csf),
    tote_tricast = coalesce(excluded.tote_tricast, known.tote_tricast),
    tote_trifecta = coalesce(excluded.tote_trifecta, known.tote_trifecta),
    has_card = known.has_card or excluded.has_card,
    has_result = known.has_result or excluded.has_result
$$;
comment on function engine.upsert_races(jsonb) is
  'Upserts an array of rows shaped like ra_races; all of one page, so all cards or all results.';

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


create function engine.upsert_odds(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ra_runner_odds as known (
    race_id, horse_id, bookmaker_code, fractional, decimal, ew_places, ew_denominator, quoted_at
  )
  select
    seen.race_id, seen.horse_id, seen.bookmaker_code, seen.fractional, seen.decimal, seen.ew_places, seen.ew_denominator,
    seen.quoted_at
  from jsonb_populate_recordset(null::public.ra_runner_odds, rows) as seen
  order by seen.race_id, seen.horse_id, seen.bookmaker_code
  -- A quote changes as a whole: the price of one moment never stands beside the each-way terms of another.
  on conflict (race_id, horse_id, bookmaker_code) do update set
    fractional = excluded.fractional,
    decimal = excluded.decimal,
    ew_places = excluded.ew_places,
    ew_denominator = excluded.ew_denominator,
    quoted_at = excluded.quoted_at
  where coalesce(excluded.quoted_at, '-infinity') >= coalesce(known.quoted_at, '-infinity')
$$;
comment on function engine.upsert_odds(jsonb) is
  'Upserts an array of rows shaped like ra_runner_odds; none when it is null. A quote gives way only to one that is as new.';

-- A horse that the card declared and the result does not have, did not run, whichever of the two is stored last.
create function engine.mark_absent_as_non_runners(race_ids text[])
returns void
language sql
security invoker
set search_path = ''
as $$
  update public.ra_runners as runner
  set is_non_runner = true
  from engine.whole_results as whole
  where
    whole.race_id = any (race_ids)
    and runner.race_id = whole.race_id
    and not runner.has_result
    and not runner.is_non_runner
$$;
comment on function engine.mark_absent_as_non_runners(text[]) is
  'Marks the declared horses of races with a result that are not in it, unless a runner of that result was rejected.';

-- A corrected result may leave a horse out that an earlier one had: disqualified as an ineligible runner, or confused with another.
create function engine.take_back_left_out(results jsonb, runners jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  with seen as materialized (
    select seen ->> 'race_id' as race_id, seen ->> 'horse_id' as horse_id from jsonb_array_elements(runners) as seen
  )
  update public.ra_runners as runner
  set
    has_result = false,
    is_non_runner = true,
    position = null,
    position_code = null,
    beaten_lengths = null,
    beaten_lengths_overall = null
  from engine.whole_results as whole
  where
    whole.race_id in (select race ->> 'id' from jsonb_array_elements(results) as race where (race ->> 'has_result')::boolean)
    and runner.race_id = whole.race_id
    and runner.has_result
    and exists (select from seen where seen.race_id = runner.race_id)
    and not exists (select from seen where seen.race_id = runner.race_id and seen.horse_id = runner.horse_id)
$$;
comment on function engine.take_back_left_out(jsonb, jsonb) is
  'Takes the place from horses that an earlier result of these races had and this one has not. results and runners as ingest_page
   gets them; a result comes with all of its runners, and one without any takes nothing back.';

create function engine.reject_fingerprint(kind text, race_id text, horse_id text, path text, raw jsonb)
returns text
language sql
immutable
security invoker
set search_path = ''
as $$
  -- Where ids and path say which thing it is, its content does not count: a card's runner has other odds at every pull.
  select md5(concat_ws('|', kind, race_id, horse_id, path, case when race_id is null then raw::text end))
$$;
comment on function engine.reject_fingerprint(text, text, text, text, jsonb) is
  'What makes a reject the same one when it comes again.';

create function engine.store_rejects(rejects jsonb, race_ids text[], feed text, run_id bigint, chunk_id bigint)
returns void
language sql
security invoker
set search_path = ''
as $$
  with seen as (
    select distinct on (fingerprint)
      r.kind, r.race_id, r.horse_id, r.race_date, r.path, r.reason, r.raw,
      engine.reject_fingerprint(r.kind, r.race_id, r.horse_id, r.path, r.raw) as fingerprint
    from jsonb_to_recordset(rejects) as r (
      kind text, race_id text, horse_id text, race_date date, path text, reason text, raw jsonb
    )
    order by fingerprint
  ),
  understood as (
    delete from public.ingest_rejects as known
    where
      known.feed = store_rejects.feed
      and known.race_id = any (race_ids)
      and known.fingerprint not in (select seen.fingerprint from seen)
  )
  insert into public.ingest_rejects as known (
    feed, kind, race_id, horse_id, race_date, path, reason, raw, fingerprint, run_id, chunk_id
  )
  select
    store_rejects.feed, seen.kind, seen.race_id, seen.horse_id, seen.race_date, seen.path, seen.reason, seen.raw, seen.fingerprint,
    store_rejects.run_id, store_rejects.chunk_id
  from seen
  order by seen.fingerprint
  on conflict (feed, fingerprint) do update set
    race_date = excluded.race_date,
    reason = excluded.reason,
    raw = excluded.raw,
    run_id = excluded.run_id,
    chunk_id = excluded.chunk_id,
    last_seen_at = engine.clock(),
    acknowledged_at = case when known.reason = excluded.reason then known.acknowledged_at end
$$;
comment on function engine.store_rejects(jsonb, text[], text, bigint, bigint) is
  'Keeps an array of {kind, race_id, horse_id, race_date, path, reason, raw}; the same reject again is the same row. What was
   rejected earlier of the given races and is understood by now, is removed.';

create function engine.note_unknown_fields(fields jsonb, feed text)
returns void
language sql
security invoker
set search_path = ''
as $$
  insert into public.ingest_unknown_fields as known (feed, object, field, times_seen)
  select note_unknown_fields.feed, f.object, f.field, sum(f.seen)
  from jsonb_to_recordset(fields) as f (object text, field text, seen bigint)
  group by f.object, f.field
  order by f.object, f.field
  on conflict (feed, object, field) do update set
    times_seen = known.times_seen + excluded.times_seen,
    last_seen_at = engine.clock()
$$;
comment on function engine.note_unknown_fields(jsonb, text) is 'Counts an array of {object, field, seen}.';

create function engine.races_of_day(feed text, day date, regions text[])
returns bigint
language sql
stable
security invoker
set search_path = ''
as $$
  select count(*)
  from public.ra_races as race
  where
    -- Not a "case", which would hide the days from their indexes.
    (
      (races_of_day.feed = 'results' and race.race_date = races_of_day.day and race.has_result)
      or (races_of_day.feed <> 'results' and race.card_date = races_of_day.day)
    )
    and race.region_code = any (races_of_day.regions)
$$;
comment on function engine.races_of_day(text, date, text[]) is
  'How many races of these regions are stored that the feed gave this day; a card that moved counts on its own day.';

create function engine.races_on_page(page jsonb)
returns text[]
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce(array_agg(distinct came.race_key), '{}')
  from (
    select race ->> 'id' as race_key from jsonb_array_elements(page -> 'races') as race
    union all
    select coalesce(r.race_id, engine.reject_fingerprint(r.kind, r.race_id, r.horse_id, r.path, r.raw))
    from jsonb_to_recordset(page -> 'rejects') as r (kind text, race_id text, horse_id text, path text, raw jsonb)
    where r.kind = 'race'
  ) as came
$$;
comment on function engine.races_on_page(jsonb) is
  'The races of a page, read or rejected, as engine.pages_read keeps them. page as ingest_page gets it.';

create function engine.is_understood(page jsonb, feed text)
returns boolean
language sql
immutable
security invoker
set search_path = ''
as $$
  select
    case
      when feed = 'masters' then jsonb_array_length(page -> 'regions') + jsonb_array_length(page -> 'courses')
      -- The other rows of a page come with its races.
      else jsonb_array_length(page -> 'races')
    end > 0
    or not exists (
      select from jsonb_array_elements(page -> 'rejects') as reject
      where reject ->> 'kind' in ('race', 'region', 'course')
    )
$$;
comment on function engine.is_understood(jsonb, text) is
  'False when elements came and none of them could be read: the feed has changed. An empty page is understood.';

create function engine.short_days(chunk_id bigint)
returns table (day date, races_in_api integer, races_seen integer)
language sql
stable
security invoker
set search_path = ''
as $$
  select pages.day, max(pages.races_in_api), count(distinct seen.race_key)::integer
  from engine.pages_read as pages
  left join lateral unnest(pages.race_keys) as seen (race_key) on true
  where pages.chunk_id = short_days.chunk_id
  group by pages.day
  having count(distinct seen.race_key) < max(pages.races_in_api)
  order by pages.day
$$;
comment on function engine.short_days(bigint) is
  'What a chunk has read with fewer races than the API has, each race counted once: days of cards; of results the
   period, by its first day.';

-- What is stored of a feed on the days of a period, as coverage rows.
create function engine.cover_days(
  chunk public.backfill_progress, period_start date, period_end date, races_in_api integer default null
)
returns void
language sql
security invoker
set search_path = ''
as $$
  -- Rejects without an id that this reading did not meet again are understood by now, or the API took them back.
  delete from public.ingest_rejects as reject
  where
    reject.feed = chunk.feed
    and reject.race_id is null
    and reject.race_date >= cover_days.period_start
    and reject.race_date < cover_days.period_end
    and reject.last_seen_at < chunk.reading_since;

  insert into public.ra_coverage as known (
    feed, day, races_in_api, races_stored, races_rejected, races_abandoned, pulled_at, regions, chunk_id
  )
  select
    chunk.feed, days.day, coalesce(cover_days.races_in_api, stored.races + rejected.races), stored.races,
    rejected.races, abandoned.races, chunk.reading_since, chunk.regions, chunk.id
  from (
      select day::date as day
      from generate_series(cover_days.period_start::timestamp, cover_days.period_end::timestamp - interval '1 day', interval '1 day') as day
    ) as days,
    lateral (select engine.races_of_day(chunk.feed, days.day, chunk.regions) as races) as stored,
    lateral (
      select count(*) as races
      from public.ra_races as race
      where
        chunk.feed = 'racecards'
        and race.card_date = days.day
        and race.is_abandoned
        and race.region_code = any (chunk.regions)
    ) as abandoned,
    lateral (
      select count(distinct coalesce(reject.race_id, reject.fingerprint)) as races
      from public.ingest_rejects as reject
      where reject.feed = chunk.feed and reject.kind = 'race'
        -- One that says no day may be of any: each of them is incomplete, and pulled alone shows whether it is.
        and (
          reject.race_date = days.day
          or (chunk.feed = 'results' and reject.race_date is null and reject.chunk_id = chunk.id)
        )
        -- One that this reading did not meet is none of those that the API has.
        and reject.last_seen_at >= chunk.reading_since
        and not exists (
          select from public.ra_races as race
          where
            race.id = reject.race_id
            and case when chunk.feed = 'results' then race.has_result else race.has_card end
        )
    ) as rejected
  on conflict (feed, day) do update set
    races_in_api = excluded.races_in_api,
    races_stored = excluded.races_stored,
    races_rejected = excluded.races_rejected,
    races_abandoned = excluded.races_abandoned,
    -- A reading that was begun earlier and ended later makes nothing older that was known wholly.
    pulled_at = case
      when known.races_stored >= known.races_in_api and known.regions @> excluded.regions
        then greatest(known.pulled_at, excluded.pulled_at)
      else excluded.pulled_at
    end,
    regions = case
      when known.races_stored >= known.races_in_api and known.regions @> excluded.regions
        and known.pulled_at > excluded.pulled_at then known.regions
      else excluded.regions
    end,
    chunk_id = excluded.chunk_id
$$;
comment on function engine.cover_days(public.backfill_progress, date, date, integer) is
  'Writes a coverage row for each day of a half-open period of which the caller knows that the chunk has pulled it
   wholly: as old as the first page of the reading, in the regions that it was asked for. races_in_api is the API''s own
   count where it gives one per day; otherwise what is stored and rejected: that all races of the period came is the
   caller''s to know.';

create function engine.note_races_seen(
  chunk public.backfill_progress, day date, skip integer, page jsonb, leaves_day boolean
)
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  is_short boolean;
begin
  -- A reading that begins again forgets what it saw before.
  delete from engine.pages_read as known
  where known.chunk_id = chunk.id and known.day = note_races_seen.day and note_races_seen.skip = 0;
  insert into engine.pages_read as known (chunk_id, day, skip, races_in_api, race_keys)
  values (chunk.id, note_races_seen.day, note_races_seen.skip, chunk.api_total, engine.races_on_page(page))
  on conflict on constraint pages_read_pkey do update set
    races_in_api = excluded.races_in_api,
    race_keys = excluded.race_keys;
  if not leaves_day then
    return;
  end if;

  -- The API counts cards by the day, so a day is over when its pages are in; one that is short waits for finish_chunk.
  is_short := exists (select from engine.short_days(chunk.id) as short where short.day = note_races_seen.day);
  if not is_short then
    delete from engine.pages_read as known where known.chunk_id = chunk.id and known.day = note_races_seen.day;
  end if;
  -- A day of which all races are stored, though fewer came, is as old as it was.
  if not is_short or engine.races_of_day(chunk.feed, note_races_seen.day, chunk.regions) < chunk.api_total then
    perform engine.cover_days(chunk, note_races_seen.day, note_races_seen.day + 1, chunk.api_total);
  end if;
end
$$;
comment on function engine.note_races_seen(public.backfill_progress, date, integer, jsonb, boolean) is
  'Keeps which races came with a page at (day, skip), and covers the day when it was the last page of a card day.';

create function public.ingest_page(chunk_id bigint, lease_token uuid, page jsonb)
returns table (lease_until timestamptz, go_on boolean, understood boolean)
language plpgsql
security invoker
set search_path = ''
-- The API roles have 8 s; a page of a big Saturday on a busy small instance may need more.
set statement_timeout = '60s'
set lock_timeout = '60s'
as $$
#variable_conflict use_column
declare
  settings constant public.backfill_settings := (select s from public.backfill_settings as s);
  held public.backfill_progress := engine.hold_lease(ingest_page.chunk_id, ingest_page.lease_token);
  -- Before anything is stored: what this page rejects was seen in this reading.
  moment constant timestamptz := engine.clock();
  before_day constant date := (page -> 'cursor_before' ->> 'day')::date;
  before_skip constant integer := (page -> 'cursor_before' ->> 'skip')::integer;
  after_day constant date := (page -> 'cursor_after' ->> 'day')::date;
  after_skip constant integer := (page -> 'cursor_after' ->> 'skip')::integer;
  race_ids constant text[] := array(select race ->> 'id' from jsonb_array_elements(page -> 'races') as race);
  is_understood constant boolean := engine.is_understood(page, held.feed);
  is_new constant boolean := (held.cursor_day, held.cursor_skip) is not distinct from (before_day, before_skip);
  leaves_day constant boolean := held.feed = 'racecards' and after_day > before_day;
  new_lease_until timestamptz;
begin
  -- The answer to a page that went in may get lost on its way back: the same page again is only acknowledged.
  if not is_new then
    if (held.cursor_day, held.cursor_skip) is distinct from (after_day, after_skip) then
      raise exception 'The cursor of chunk % stands at (%, %), the page starts at (%, %)',
        held.id, held.cursor_day, held.cursor_skip, before_day, before_skip
        using errcode = 'PT409', hint = 'Somebody else worked on the chunk. Stop; nothing was written.';
    end if;
  elsif not is_understood then
    -- The cursor stays in front of it, so that nobody passes it by a retry.
    perform engine.store_rejects(page -> 'rejects', race_ids, held.feed, held.run_id, held.id);
    perform engine.note_unknown_fields(page -> 'unknown_fields', held.feed);
    update public.backfill_progress as chunk
    set
      api_calls = chunk.api_calls + (page ->> 'api_calls')::integer,
      rows_rejected = chunk.rows_rejected + jsonb_array_length(page -> 'rejects')
    where chunk.id = held.id;
  else
    if before_skip = 0 then
      held.reading_since := moment;
      held.api_total := null;
    end if;
    -- A total that falls while pages are read means that races were taken out, and others slipped past the cursor. Each
    -- list of the masters has its own.
    held.api_total := greatest(
      (page ->> 'api_total')::integer, case when held.feed <> 'masters' then held.api_total end
    );
    perform engine.upsert_regions(page -> 'regions');
    perform engine.upsert_bookmakers(page -> 'bookmakers');
    perform engine.upsert_courses(page -> 'courses');
    perform engine.upsert_parents('sires', page -> 'sires');
    perform engine.upsert_parents('dams', page -> 'dams');
    perform engine.upsert_parents('damsires', page -> 'damsires');
    perform engine.upsert_horses(page -> 'horses');
    perform engine.upsert_people('jockeys', page -> 'jockeys');
    perform engine.upsert_trainers(page -> 'trainers');
    perform engine.upsert_people('owners', page -> 'owners');
    perform engine.upsert_races(page -> 'races');
    perform engine.store_rejects(page -> 'rejects', race_ids, held.feed, held.run_id, held.id);
    perform engine.upsert_runners(page -> 'runners');
    perform engine.upsert_odds(page -> 'odds');
    perform engine.take_back_left_out(page -> 'races', page -> 'runners');
    perform engine.mark_absent_as_non_runners(race_ids);
    perform engine.note_unknown_fields(page -> 'unknown_fields', held.feed);
    if held.feed <> 'masters' then
      perform engine.note_races_seen(held, coalesce(before_day, held.period_start), before_skip, page, leaves_day);
    end if;
  end if;

  update public.backfill_progress as chunk
  set
    cursor_day = after_day,
    cursor_skip = after_skip,
    api_total = held.api_total,
    reading_since = case when not leaves_day then held.reading_since end,
    -- Results know their pages after the first one; the other feeds from the start.
    pages_expected = case
      when chunk.feed = 'results' then greatest(1, ceil(held.api_total::numeric / settings.results_page_limit))
      else chunk.pages_expected
    end,
    lease_until = engine.clock() + settings.lease_seconds * interval '1 second',
    api_calls = chunk.api_calls + (page ->> 'api_calls')::integer,
    pages_done = chunk.pages_done + 1,
    races_stored = chunk.races_stored + jsonb_array_length(page -> 'races'),
    runners_stored = chunk.runners_stored + jsonb_array_length(page -> 'runners'),
    rows_rejected = chunk.rows_rejected + jsonb_array_length(page -> 'rejects'),
    last_page_at = engine.clock(),
    attempts = 0,
    interruptions = 0,
    failing_since = null
  where chunk.id = held.id and is_new and is_understood;

  update public.backfill_progress as chunk
  set lease_until = engine.clock() + settings.lease_seconds * interval '1 second'
  where chunk.id = held.id
  returning chunk.lease_until into new_lease_until;

  if is_new then
    perform engine.count_calls(held, (page ->> 'api_calls')::integer);
  end if;

  return query
  select new_lease_until, run.paused_at is null, is_understood
  from public.backfill_runs as run
  where run.id = held.run_id;
end
$$;

comment on function public.ingest_page(bigint, uuid, jsonb) is
  'Stores one page, moves the chunk''s cursor and renews its lease, all or nothing. page: {cursor_before: {day, skip},
   cursor_after: {day, skip}, api_total, api_calls (made since the last page), regions, bookmakers, courses, sires,
   dams, damsires, horses, jockeys, trainers, owners, races, runners, odds (arrays of rows; odds may be absent),
   rejects, unknown_fields}. Returns until when the lease holds, whether to go on (false: the run was paused; yield),
   and whether anything of the page was understood: when not, its rejects are stored and the cursor stays in front of
   it; fail the chunk. Error PT409 when the lease is lost.';

revoke all on engine.whole_results from public, anon, authenticated;
grant select on engine.whole_results to service_role;
revoke execute on all functions in schema engine from public, anon, authenticated;
revoke execute on function public.ingest_page(bigint, uuid, jsonb) from public, anon, authenticated;
grant execute on function
  engine.newer_value(anyelement, date, anyelement, date),
  engine.shared_value(anyelement, boolean, anyelement, boolean),
  engine.upsert_regions(jsonb), engine.upsert_bookmakers(jsonb), engine.upsert_courses(jsonb),
  engine.upsert_parents(text, jsonb), engine.upsert_people(text, jsonb), engine.upsert_trainers(jsonb),
  engine.upsert_horses(jsonb), engine.upsert_races(jsonb), engine.upsert_runners(jsonb),
  engine.upsert_odds(jsonb),
  engine.take_back_left_out(jsonb, jsonb), engine.mark_absent_as_non_runners(text[]), engine.store_rejects(jsonb, text[], text, bigint, bigint),
  engine.note_unknown_fields(jsonb, text), engine.reject_fingerprint(text, text, text, text, jsonb),
  engine.races_of_day(text, date, text[]), engine.races_on_page(jsonb), engine.is_understood(jsonb, text),
  engine.short_days(bigint), engine.cover_days(public.backfill_progress, date, date, integer),
  engine.note_races_seen(public.backfill_progress, date, integer, jsonb, boolean),
  public.ingest_page(bigint, uuid, jsonb)
  to service_role;

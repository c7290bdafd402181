-- Races, runners and odds of a page into their tables.

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

revoke all on function engine.shared_value, engine.upsert_races from public, anon, authenticated, service_role;
grant execute on function engine.shared_value, engine.upsert_races to service_role;

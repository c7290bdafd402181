-- What was wrong in the old database, counted there and in our tables now. Each function reads each table once: with
-- 1,400,000 runners that takes a minute.

create function engine.legacy_faults_of_races()
returns table (fault text, old_rows bigint, new_rows bigint, not_here bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  races constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'races');
  runners constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'runners');
  results constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'results');
begin
  return query execute format(
    $sql$
      with with_runners as materialized (
        select distinct old.race_id from %2$s as old
      ),
      with_results as materialized (
        select distinct old.race_id from %3$s as old
      ),
      ours_with_runners as materialized (
        select distinct runner.race_id from public.ra_runners as runner
      ),
      judged as (
        select
          upper(old.region) as region,
          old.prize is null as no_prize,
          -- A result writes none of these.
          num_nonnulls(
            old.distance_m, old.tip, old.verdict, old.betting_forecast, old.going_detailed, old.stalls
          ) > 0 as had_card,
          old.has_result,
          results.race_id is not null as had_result,
          -- Metres stand where a card writes furlongs.
          old.distance ~ '^[0-9]{3,}$' as is_in_metres,
          coalesce(
            case
              when old.distance ~ '^[0-9]{3,5}$' then abs(
                old.distance::integer - (old.distance_m / 1609 * 8 + old.distance_m %% 1609 / 201) * 201.168
              ) > 1
              else old.distance_f ~ '[0-9]y$'
            end,
            false
          ) and old.distance_m is not null as is_rounded,
          old.off_time <> old.off_dt::time as is_twelve_hours,
          runners.race_id is null as no_runners,
          ours.id is null as not_here,
          ours.prize_amount is null as ours_no_prize,
          ours.prize_currency is null as ours_no_currency,
          not (ours.has_result or ours.from_legacy) as ours_no_result,
          ours.distance_yards is null as ours_no_distance,
          ours.off_dt is null as ours_no_off,
          our_runners.race_id is null as ours_no_runners
        from %1$s as old
        left join with_runners as runners on runners.race_id = old.id
        left join with_results as results on results.race_id = old.id
        left join public.ra_races as ours on ours.id = old.id
        left join ours_with_runners as our_runners on our_runners.race_id = old.id
        where %4$s
      )
      select line.fault, line.old_rows, line.new_rows, line.not_here
      from (
        select
          count(*) filter (where region = 'IRE' and no_prize and had_card) as euro_prizes,
          count(*) filter (
            where region = 'IRE' and no_prize and had_card and not not_here and (ours_no_prize or ours_no_currency)
          ) as euro_prizes_now,
          count(*) filter (where region = 'IRE' and no_prize and had_card and not_here) as euro_prizes_not_here,
          count(*) filter (where region <> 'IRE' and no_prize and had_card and has_result) as wiped_prizes,
          count(*) filter (
            where region <> 'IRE' and no_prize and had_card and has_result and not not_here and ours_no_prize
          ) as wiped_prizes_now,
          count(*) filter (where region <> 'IRE' and no_prize and had_card and has_result and not_here)
            as wiped_prizes_not_here,
          count(*) filter (where had_result and not has_result) as wiped_results,
          count(*) filter (where had_result and not has_result and not not_here and ours_no_result)
            as wiped_results_now,
          count(*) filter (where had_result and not has_result and not_here) as wiped_results_not_here,
          count(*) filter (where is_in_metres) as metres,
          count(*) filter (where is_in_metres and not not_here and ours_no_distance) as metres_now,
          count(*) filter (where is_in_metres and not_here) as metres_not_here,
          count(*) filter (where is_rounded) as rounded,
          count(*) filter (where is_rounded and not not_here and ours_no_distance) as rounded_now,
          count(*) filter (where is_rounded and not_here) as rounded_not_here,
          count(*) filter (where is_twelve_hours) as twelve_hours,
          count(*) filter (where is_twelve_hours and not not_here and ours_no_off) as twelve_hours_now,
          count(*) filter (where is_twelve_hours and not_here) as twelve_hours_not_here,
          count(*) filter (where no_runners) as no_runners,
          count(*) filter (where no_runners and not not_here and ours_no_runners) as no_runners_now,
          count(*) filter (where no_runners and not_here) as no_runners_not_here
        from judged
      ) as counted
      cross join lateral (
        values
          ('euro prizes lost', euro_prizes, euro_prizes_now, euro_prizes_not_here),
          ('prizes wiped by a result, or none', wiped_prizes, wiped_prizes_now, wiped_prizes_not_here),
          ('results wiped by a card', wiped_results, wiped_results_now, wiped_results_not_here),
          ('distances in metres, exact text lost', metres, metres_now, metres_not_here),
          ('distances rounded', rounded, rounded_now, rounded_not_here),
          ('off times twelve hours away', twelve_hours, twelve_hours_now, twelve_hours_not_here),
          ('races without runners', no_runners, no_runners_now, no_runners_not_here)
      ) as line (fault, old_rows, new_rows, not_here)
    $sql$,
    races, coalesce(runners, 'pg_catalog.pg_class'::regclass), results,
    engine.legacy_is_real(array['id'], 'race_name', engine.old_columns('races'))
  );
end
$$;
comment on function engine.legacy_faults_of_races() is
  'What public.legacy_report says about races. Fails where the old tables of races, runners or results are not there.';

create function engine.legacy_faults_of_results()
returns table (fault text, old_rows bigint, new_rows bigint, not_here bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  races constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'races');
  results constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'results');
begin
  return query execute format(
    $sql$
      with old_runs as materialized (
        select
          old.race_id,
          old.horse_id,
          min(old.race_date) as day,
          count(*) as copies,
          bool_and(old.position is null) as no_position,
          bool_and(old.time_seconds is null) and bool_or(strpos(old.time_display, ':') > 0) as no_seconds,
          bool_and(old.rpr is null) as no_rating,
          bool_and(old.jockey_claim_lbs is null) as no_claim,
          bool_and(old.prize_won is null) as no_prize
        from %2$s as old
        where %3$s
        group by old.race_id, old.horse_id
      ),
      judged as (
        select
          old_runs.*,
          race.id is null as is_orphan,
          upper(race.region) = 'IRE' as is_irish,
          ours.race_id is null as not_here,
          ours.position is null and ours.position_code is null and not ours.is_non_runner as ours_no_position,
          ours.time_seconds is null as ours_no_seconds,
          ours.rpr is null as ours_no_rating,
          ours.jockey_claim_lbs is null as ours_no_claim,
          ours.prize_amount is null as ours_no_prize
        from old_runs
        left join %1$s as race on race.id = old_runs.race_id
        left join public.ra_runners as ours on ours.race_id = old_runs.race_id and ours.horse_id = old_runs.horse_id
      ),
      cut_off as (
        select
          days.day,
          (select count(*) from public.ra_races as race where race.race_date = days.day and race.has_result) as ours,
          exists (
            select from engine.known_days as known
            where known.feed = 'results' and known.day = days.day and known.races_stored >= known.races_in_api
          ) as is_whole
        from (
          select races_of.day from (select distinct old_runs.race_id, old_runs.day from old_runs) as races_of
          group by races_of.day
          having count(*) = 50
        ) as days
      )
      select line.fault, line.old_rows, line.new_rows, line.not_here
      from (
        select
          count(*) filter (where no_position) as codes,
          count(*) filter (where no_position and not not_here and ours_no_position) as codes_now,
          count(*) filter (where no_position and not_here) as codes_not_here,
          count(*) filter (where no_seconds) as seconds,
          count(*) filter (where no_seconds and not not_here and ours_no_seconds) as seconds_now,
          count(*) filter (where no_seconds and not_here) as seconds_not_here,
          count(*) filter (where no_rating) as ratings,
          count(*) filter (where no_rating and not not_here and ours_no_rating) as ratings_now,
          count(*) filter (where no_rating and not_here) as ratings_not_here,
          count(*) filter (where no_claim) as claims,
          count(*) filter (where no_claim and not not_here and ours_no_claim) as claims_now,
          count(*) filter (where no_claim and not_here) as claims_not_here,
          count(*) filter (where is_irish and no_prize) as winnings,
          count(*) filter (where is_irish and no_prize and not not_here and ours_no_prize) as winnings_now,
          count(*) filter (where is_irish and no_prize and not_here) as winnings_not_here,
          coalesce(sum(copies - 1), 0)::bigint as duplicates,
          coalesce(sum(copies) filter (where is_orphan), 0)::bigint as orphans,
          coalesce(sum(copies) filter (where is_orphan and not_here), 0)::bigint as orphans_not_here
        from judged
      ) as counted
      cross join (
        select
          count(*) as days, count(*) filter (where not is_whole and ours > 0) as days_now,
          count(*) filter (where not is_whole and ours = 0) as days_not_here
        from cut_off
      ) as cut
      cross join lateral (
        values
          ('days cut off at 50 results', days, days_now, days_not_here),
          ('letter codes lost', codes, codes_now, codes_not_here),
          ('times without seconds', seconds, seconds_now, seconds_not_here),
          ('ratings missing', ratings, ratings_now, ratings_not_here),
          ('claims lost or none', claims, claims_now, claims_not_here),
          ('euro winnings lost or none', winnings, winnings_now, winnings_not_here),
          ('duplicate results', duplicates, 0, 0),
          ('results of races that are lost', orphans, 0, orphans_not_here)
      ) as line (fault, old_rows, new_rows, not_here)
    $sql$,
    races, results, engine.legacy_is_real(array['race_id', 'horse_id'], 'horse_name', engine.old_columns('results'))
  );
end
$$;
comment on function engine.legacy_faults_of_results() is
  'What public.legacy_report says about the old table of results. Copies of a row count once.';

create function engine.legacy_faults_of_runners()
returns table (fault text, old_rows bigint, new_rows bigint, not_here bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  races constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'races');
  runners constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'runners');
begin
  return query execute format(
    $sql$
      with old_runs as materialized (
        select
          old.race_id,
          old.horse_id,
          count(*) as copies,
          bool_or(old.jockey_id = 'jky_224913' or old.jockey_name like 'NON-RUNNER%%') as has_placeholder,
          bool_or(%4$s < old.updated_at) as has_ratings_of_card
        from %2$s as old
        where %3$s
        group by old.race_id, old.horse_id
      ),
      judged as (
        select
          old_runs.*,
          race.id is null as is_orphan,
          ours.race_id is null as not_here,
          ours.jockey_id = 'jky_224913' or ours.jockey_name like 'NON-RUNNER%%' as ours_has_placeholder
        from old_runs
        left join %1$s as race on race.id = old_runs.race_id
        left join public.ra_runners as ours on ours.race_id = old_runs.race_id and ours.horse_id = old_runs.horse_id
      )
      select line.fault, line.old_rows, line.new_rows, line.not_here
      from (
        select
          count(*) filter (where has_placeholder) as placeholders,
          count(*) filter (where has_placeholder and ours_has_placeholder) as placeholders_now,
          count(*) filter (where has_placeholder and not_here) as placeholders_not_here,
          count(*) filter (where has_ratings_of_card) as ratings,
          count(*) filter (where has_ratings_of_card and not_here) as ratings_not_here,
          coalesce(sum(copies - 1), 0)::bigint as duplicates,
          coalesce(sum(copies) filter (where is_orphan), 0)::bigint as orphans,
          coalesce(sum(copies) filter (where is_orphan and not_here), 0)::bigint as orphans_not_here
        from judged
      ) as counted
      cross join lateral (
        values
          ('runners with the jockey NON-RUNNER', placeholders, placeholders_now, placeholders_not_here),
          -- Here the figures before and after the race have columns of their own.
          ('ratings of a card in place of the result''s', ratings, 0, ratings_not_here),
          ('duplicate runners', duplicates, 0, 0),
          ('runners of races that are lost', orphans, 0, orphans_not_here)
      ) as line (fault, old_rows, new_rows, not_here)
    $sql$,
    races, runners, engine.legacy_is_real(array['race_id', 'horse_id'], 'horse_name', engine.old_columns('runners')),
    case when engine.old_columns('runners') @> array['result_updated_at'] then 'old.result_updated_at'
      else 'null::timestamp' end
  );
end
$$;
comment on function engine.legacy_faults_of_runners() is
  'What public.legacy_report says about the old table of runners. Copies of a row count once.';

grant execute on function
  engine.legacy_faults_of_races, engine.legacy_faults_of_results, engine.legacy_faults_of_runners
  to service_role;

-- What was wrong in the old database, counted there and in our tables now. Each function reads its old table and ours
-- once, and says from the same reading how many of its rows are only there.

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
      rejected as materialized (
        select distinct reject.race_id
        from public.ingest_rejects as reject
        where reject.feed = 'legacy' and reject.kind in ('race', 'runner')
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
          ours.id is null and rejected.race_id is null as is_only_there,
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
        left join rejected on rejected.race_id = old.id
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
          count(*) filter (where no_runners and not_here) as no_runners_not_here,
          count(*) filter (where is_only_there) as only_there
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
          ('races without runners', no_runners, no_runners_now, no_runners_not_here),
          ('only in ' || %5$L, only_there, null, only_there)
      ) as line (fault, old_rows, new_rows, not_here)
    $sql$,
    races, coalesce(runners, 'pg_catalog.pg_class'::regclass), results,
    engine.legacy_is_real(array['id'], 'race_name', engine.old_columns('races')),
    (select known.old_table from engine.legacy_tables as known where known.kind = 'races')
  );
end
$$;
comment on function engine.legacy_faults_of_races() is
  'What public.legacy_report says about races. Fails where the old tables of races, runners or results are not there.';

grant execute on function engine.legacy_faults_of_races to service_role;

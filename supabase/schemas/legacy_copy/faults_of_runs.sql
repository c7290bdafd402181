-- What was wrong in the old runners and results, where a row may be written twice.

create function engine.legacy_twice(kind text)
returns text
language sql
stable
security invoker
set search_path = ''
as $$
  select format(
    case
      when pg_catalog.to_regclass('legacy_data.duplicate_rows') is null
        then 'select old.race_id, old.horse_id from %1$s as old group by 1, 2 having count(*) > 1'
      -- The take-over has noted them.
      else
        'select distinct old.race_id, old.horse_id from %2$s as noted join %1$s as old on old.id = noted.id '
        'where noted.name = %3$L'
    end,
    known.relation::regclass, pg_catalog.to_regclass('legacy_data.duplicate_rows'), known.old_table
  )
  from engine.legacy_tables as known
  where known.kind = legacy_twice.kind
$$;
comment on function engine.legacy_twice(text) is
  'A query for the runs (race_id, horse_id) that an old table of runners or results has more than once. They are few:
   the others need no putting together.';

create function engine.legacy_faults_of_results()
returns table (fault text, old_rows bigint, new_rows bigint, not_here bigint)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  races constant regclass := (select known.relation from engine.legacy_tables as known where known.kind = 'races');
  results constant engine.legacy_tables := (
    select known from engine.legacy_tables as known where known.kind = 'results'
  );
begin
  return query execute format(
    $sql$
      with twice as materialized (
        select old.*
        from (%4$s) as known
        join %2$s as old on old.race_id = known.race_id and old.horse_id = known.horse_id
      ),
      old_runs as (
        select
          old.race_id,
          old.horse_id,
          old.race_date as day,
          1::bigint as copies,
          old.position is null as no_position,
          old.time_seconds is null and strpos(old.time_display, ':') > 0 as no_seconds,
          old.rpr is null as no_rating,
          old.jockey_claim_lbs is null as no_claim,
          old.prize_won is null as no_prize
        from %2$s as old
        where %3$s and old.id not in (select twice.id from twice)
        union all
        select
          old.race_id,
          old.horse_id,
          min(old.race_date),
          count(*),
          bool_and(old.position is null),
          bool_and(old.time_seconds is null) and bool_or(strpos(old.time_display, ':') > 0),
          bool_and(old.rpr is null),
          bool_and(old.jockey_claim_lbs is null),
          bool_and(old.prize_won is null)
        from twice as old
        where %3$s
        group by old.race_id, old.horse_id
      ),
      judged as (
        select
          old_runs.*,
          ours.race_id is null as not_here,
          ours.position is null and ours.position_code is null and not ours.is_non_runner as ours_no_position,
          ours.time_seconds is null as ours_no_seconds,
          ours.rpr is null as ours_no_rating,
          ours.jockey_claim_lbs is null as ours_no_claim,
          ours.prize_amount is null as ours_no_prize,
          ours.race_id is null and rejected.race_id is null as is_only_there
        from old_runs
        left join public.ra_runners as ours on ours.race_id = old_runs.race_id and ours.horse_id = old_runs.horse_id
        left join (
          select distinct reject.race_id, reject.horse_id
          from public.ingest_rejects as reject
          where reject.feed = 'legacy' and reject.kind = 'runner'
        ) as rejected on rejected.race_id = old_runs.race_id and rejected.horse_id = old_runs.horse_id
      ),
      -- Few enough to be put together in memory; what is known of the race comes after that.
      by_race as materialized (
        select
          race_id,
          min(day) as day,
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
          count(*) filter (where no_prize) as winnings,
          count(*) filter (where no_prize and not not_here and ours_no_prize) as winnings_now,
          count(*) filter (where no_prize and not_here) as winnings_not_here,
          sum(copies - 1) as duplicates,
          sum(copies) as rows,
          coalesce(sum(copies) filter (where not_here), 0) as rows_not_here,
          count(*) filter (where is_only_there) as only_there
        from judged
        group by race_id
      ),
      cut_off as (
        select
          days.day,
          (select count(*) from public.ra_races as race where race.race_date = days.day and race.has_result) as ours,
          exists (
            select from engine.known_days as known
            where known.feed = 'results' and known.day = days.day and known.races_stored >= known.races_in_api
          ) as is_whole
        from (select by_race.day from by_race group by by_race.day having count(*) = 50) as days
      )
      select
        line.fault, coalesce(line.old_rows, 0)::bigint,
        case when line.fault not like 'only in %%' then coalesce(line.new_rows, 0)::bigint end,
        coalesce(line.not_here, 0)::bigint
      from (
        select
          sum(codes) as codes, sum(codes_now) as codes_now, sum(codes_not_here) as codes_not_here,
          sum(seconds) as seconds, sum(seconds_now) as seconds_now, sum(seconds_not_here) as seconds_not_here,
          sum(ratings) as ratings, sum(ratings_now) as ratings_now, sum(ratings_not_here) as ratings_not_here,
          sum(claims) as claims, sum(claims_now) as claims_now, sum(claims_not_here) as claims_not_here,
          sum(winnings) filter (where is_irish) as winnings,
          sum(winnings_now) filter (where is_irish) as winnings_now,
          sum(winnings_not_here) filter (where is_irish) as winnings_not_here,
          sum(duplicates) as duplicates, sum(rows) filter (where is_orphan) as orphans,
          sum(rows_not_here) filter (where is_orphan) as orphans_not_here,
          sum(only_there) filter (where not is_rejected) as only_there
        from (
          select
            by_race.*, race.id is null as is_orphan, upper(race.region) = 'IRE' as is_irish,
            by_race.race_id in (
              select reject.race_id from public.ingest_rejects as reject
              where reject.feed = 'legacy' and reject.kind = 'race' and reject.race_id is not null
            ) as is_rejected
          from by_race
          left join %1$s as race on race.id = by_race.race_id
        ) as placed
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
          ('results of races that are lost', orphans, 0, orphans_not_here),
          ('only in ' || %5$L, only_there, null, only_there)
      ) as line (fault, old_rows, new_rows, not_here)
    $sql$,
    races, results.relation::regclass,
    engine.legacy_is_real(array['race_id', 'horse_id'], 'horse_name', engine.old_columns('results')),
    engine.legacy_twice('results'), results.old_table
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
  runners constant engine.legacy_tables := (
    select known from engine.legacy_tables as known where known.kind = 'runners'
  );
begin
  return query execute format(
    $sql$
      with twice as materialized (
        select old.*
        from (%5$s) as known
        join %2$s as old on old.race_id = known.race_id and old.horse_id = known.horse_id
      ),
      old_runs as (
        select
          old.race_id,
          old.horse_id,
          1::bigint as copies,
          old.jockey_id = 'jky_224913' or old.jockey_name like 'NON-RUNNER%%' as has_placeholder,
          %4$s < old.updated_at as has_ratings_of_card
        from %2$s as old
        where %3$s and old.id not in (select twice.id from twice)
        union all
        select
          old.race_id,
          old.horse_id,
          count(*),
          bool_or(old.jockey_id = 'jky_224913' or old.jockey_name like 'NON-RUNNER%%'),
          bool_or(%4$s < old.updated_at)
        from twice as old
        where %3$s
        group by old.race_id, old.horse_id
      ),
      judged as (
        select
          old_runs.*,
          ours.race_id is null as not_here,
          ours.jockey_id = 'jky_224913' or ours.jockey_name like 'NON-RUNNER%%' as ours_has_placeholder,
          ours.race_id is null and rejected.race_id is null as is_only_there
        from old_runs
        left join public.ra_runners as ours on ours.race_id = old_runs.race_id and ours.horse_id = old_runs.horse_id
        left join (
          select distinct reject.race_id, reject.horse_id
          from public.ingest_rejects as reject
          where reject.feed = 'legacy' and reject.kind = 'runner'
        ) as rejected on rejected.race_id = old_runs.race_id and rejected.horse_id = old_runs.horse_id
      ),
      by_race as materialized (
        select
          race_id,
          count(*) filter (where has_placeholder) as placeholders,
          count(*) filter (where has_placeholder and ours_has_placeholder) as placeholders_now,
          count(*) filter (where has_placeholder and not_here) as placeholders_not_here,
          count(*) filter (where has_ratings_of_card) as ratings,
          count(*) filter (where has_ratings_of_card and not_here) as ratings_not_here,
          sum(copies - 1) as duplicates,
          sum(copies) as rows,
          coalesce(sum(copies) filter (where not_here), 0) as rows_not_here,
          count(*) filter (where is_only_there) as only_there
        from judged
        group by race_id
      )
      select
        line.fault, coalesce(line.old_rows, 0)::bigint,
        case when line.fault not like 'only in %%' then coalesce(line.new_rows, 0)::bigint end,
        coalesce(line.not_here, 0)::bigint
      from (
        select
          sum(placeholders) as placeholders, sum(placeholders_now) as placeholders_now,
          sum(placeholders_not_here) as placeholders_not_here,
          sum(ratings) as ratings, sum(ratings_not_here) as ratings_not_here,
          sum(duplicates) as duplicates, sum(rows) filter (where race.id is null) as orphans,
          sum(rows_not_here) filter (where race.id is null) as orphans_not_here,
          sum(only_there) filter (
            where by_race.race_id not in (
              select reject.race_id from public.ingest_rejects as reject
              where reject.feed = 'legacy' and reject.kind = 'race' and reject.race_id is not null
            )
          ) as only_there
        from by_race
        left join %1$s as race on race.id = by_race.race_id
      ) as counted
      cross join lateral (
        values
          ('runners with the jockey NON-RUNNER', placeholders, placeholders_now, placeholders_not_here),
          -- Here the figures before and after the race have columns of their own.
          ('ratings of a card in place of the result''s', ratings, 0, ratings_not_here),
          ('duplicate runners', duplicates, 0, 0),
          ('runners of races that are lost', orphans, 0, orphans_not_here),
          ('only in ' || %6$L, only_there, null, only_there)
      ) as line (fault, old_rows, new_rows, not_here)
    $sql$,
    races, runners.relation::regclass,
    engine.legacy_is_real(array['race_id', 'horse_id'], 'horse_name', engine.old_columns('runners')),
    case when engine.old_columns('runners') @> array['result_updated_at'] then 'old.result_updated_at'
      else 'null::timestamp' end,
    engine.legacy_twice('runners'), runners.old_table
  );
end
$$;
comment on function engine.legacy_faults_of_runners() is
  'What public.legacy_report says about the old table of runners. Copies of a row count once.';

grant execute on function engine.legacy_twice, engine.legacy_faults_of_results, engine.legacy_faults_of_runners
  to service_role;

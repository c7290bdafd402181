-- Where the old database and the API say something else.

create function engine.legacy_compared()
returns table (kind text, column_name text, old_value text, new_value text, answered text, needs text)
language sql
immutable
security invoker
set search_path = ''
as $$
  values
    ('races', 'race_date', 'old.date', 'ours.race_date', 'ours.has_card or ours.has_result', 'date'),
    (
      'races', 'off_dt', 'old.off_dt at time zone ''Europe/London''', 'ours.off_dt',
      'ours.has_card or ours.has_result', 'off_dt'
    ),
    ('races', 'course_id', 'old.course_id', 'ours.course_id', 'ours.has_card or ours.has_result', 'course_id'),
    ('races', 'region_code', 'lower(old.region)', 'ours.region_code', 'ours.has_card or ours.has_result', 'region'),
    (
      'races', 'race_name', 'nullif(old.race_name, '''')', 'ours.race_name', 'ours.has_card or ours.has_result',
      'race_name'
    ),
    ('races', 'race_type', 'nullif(old.type, '''')', 'ours.race_type', 'ours.has_card or ours.has_result', 'type'),
    (
      'races', 'race_class', 'nullif(old.race_class, '''')', 'ours.race_class', 'ours.has_card or ours.has_result',
      'race_class'
    ),
    ('races', 'going', 'nullif(old.going, '''')', 'ours.going', 'ours.has_card or ours.has_result', 'going'),
    (
      'races', 'distance_metres', 'case when old.distance ~ ''^[0-9]{3,5}$'' then old.distance::integer end',
      'ours.distance_metres', 'ours.has_card or ours.has_result', 'distance'
    ),
    ('races', 'prize_amount', 'old.prize', 'ours.prize_amount', 'ours.has_card', 'prize'),
    ('races', 'is_abandoned', 'old.is_abandoned', 'ours.is_abandoned', 'ours.has_card', 'is_abandoned'),
    ('races', 'tote_win', 'nullif(old.tote_win, '''')', 'ours.tote_win', 'ours.has_result', 'tote_win'),
    ('races', 'tote_place', 'nullif(old.tote_pl, '''')', 'ours.tote_place', 'ours.has_result', 'tote_pl'),
    (
      'races', 'winning_time_detail', 'nullif(old.winning_time_detail, '''')', 'ours.winning_time_detail',
      'ours.has_result', 'winning_time_detail'
    ),
    (
      'races', 'stewards_comments', 'nullif(old.comments, '''')', 'ours.stewards_comments', 'ours.has_result',
      'comments'
    ),
    (
      'races', 'non_runners', 'nullif(old.non_runners, '''')', 'ours.non_runners', 'ours.has_result', 'non_runners'
    ),
    ('results', 'position', 'old.position', 'ours.position', 'ours.has_result', 'position'),
    ('results', 'jockey_id', 'nullif(old.jockey_id, '''')', 'ours.jockey_id', 'ours.has_result', 'jockey_id'),
    ('results', 'trainer_id', 'nullif(old.trainer_id, '''')', 'ours.trainer_id', 'ours.has_result', 'trainer_id'),
    ('results', 'owner_id', 'nullif(old.owner_id, '''')', 'ours.owner_id', 'ours.has_result', 'owner_id'),
    ('results', 'jockey_claim_lbs', 'old.jockey_claim_lbs', 'nullif(ours.jockey_claim_lbs, 0)', 'ours.has_result',
      'jockey_claim_lbs'),
    ('results', 'beaten_lengths', 'old.btn', 'ours.beaten_lengths', 'ours.has_result', 'btn'),
    ('results', 'time_seconds', 'old.time_seconds', 'ours.time_seconds', 'ours.has_result', 'time_seconds'),
    ('results', 'sp_decimal', 'nullif(old.sp_decimal, 0)', 'ours.sp_decimal', 'ours.has_result', 'sp_decimal'),
    (
      'results', 'official_rating', 'old.official_rating', 'ours.official_rating', 'ours.has_result', 'official_rating'
    ),
    ('results', 'rpr', 'old.rpr', 'ours.rpr', 'ours.has_result', 'rpr'),
    ('results', 'topspeed', 'old.tsr', 'ours.topspeed', 'ours.has_result', 'tsr'),
    ('results', 'prize_amount', 'old.prize_won', 'ours.prize_amount', 'ours.has_result', 'prize_won')
$$;
comment on function engine.legacy_compared() is
  'Which columns are compared: the kind of the old table, our column, expressions over old and ours, when the API has
   answered it, and the old column that it needs.';

create function public.legacy_differences()
returns table (
  old_table text, column_name text, compared bigint, same bigint, changed bigint, only_old bigint, only_new bigint
)
language plpgsql
stable
security invoker
set search_path = ''
set statement_timeout = '300s'
set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
  known engine.legacy_tables;
  counters text;
  lines text;
begin
  if not engine.has_legacy() then
    raise exception 'There is no old database in this project'
      using errcode = '55000', hint = 'One that setup takes over is in the schema legacy_data.';
  end if;
  for known in
    select one.* from engine.legacy_tables as one
    where one.relation is not null and one.kind in ('races', 'results')
    order by one.place
  loop
    select
      string_agg(
        format(
          'count(*) filter (where %1$s) as compared_%2$s,
           count(*) filter (where (%1$s) and %3$s is not distinct from %4$s) as same_%2$s,
           count(*) filter (where (%1$s) and %3$s <> %4$s) as changed_%2$s,
           count(*) filter (where (%1$s) and %3$s is not null and %4$s is null) as only_old_%2$s,
           count(*) filter (where (%1$s) and %3$s is null and %4$s is not null) as only_new_%2$s',
          one.answered, one.column_name, one.old_value, one.new_value
        ),
        ', '
      ),
      string_agg(
        format('(%2$L, compared_%1$s, same_%1$s, changed_%1$s, only_old_%1$s, only_new_%1$s)', one.column_name,
          one.column_name),
        ', '
      )
    into counters, lines
    from engine.legacy_compared() as one
    where one.kind = known.kind and one.needs = any (engine.old_columns(known.kind));
    return query execute format(
      $sql$
        select %1$L, line.*
        from (
          select %2$s
          from %3$s as old
          join public.%4$I as ours on %5$s
        ) as counted
        cross join lateral (values %6$s) as line
      $sql$,
      known.old_table, counters, known.relation::regclass, known.new_table,
      (
        select string_agg(format('ours.%I = old.%I', pair.new_column, pair.old_column), ' and ')
        from unnest(known.new_key, known.old_key) as pair (new_column, old_column)
      ),
      lines
    );
  end loop;
end
$$;
comment on function public.legacy_differences() is
  'What the API says otherwise than the old database, a row per column of races and results, counted over rows that both
   have and the API has answered. same: equal, or missing in both; changed: two values; only_old: the API says nothing;
   only_new: the old database had lost it, or never had it. Copies of an old row count each. Error 55000 when no old
   database was taken over.';

revoke all on function public.legacy_differences from public, anon, authenticated, service_role;
grant execute on function engine.legacy_compared, public.legacy_differences to service_role;

-- Odds of a page into their table.

create function engine.upsert_odds(rows jsonb)
returns void
language sql
security invoker
set search_path = ''
as $$
  select engine.refuse_unknown_keys(
    'ra_runner_odds', rows,
    array[
      'race_id', 'horse_id', 'bookmaker_code', 'fractional', 'decimal', 'ew_places', 'ew_denominator', 'quoted_at'
    ]
  );

  insert into public.ra_runner_odds as known (
    race_id, horse_id, bookmaker_code, fractional, decimal, ew_places, ew_denominator, quoted_at
  )
  select
    seen.race_id, seen.horse_id, seen.bookmaker_code, seen.fractional, seen.decimal, seen.ew_places,
    seen.ew_denominator, seen.quoted_at
  from jsonb_populate_recordset(null::public.ra_runner_odds, rows) as seen
  order by seen.race_id, seen.horse_id, seen.bookmaker_code
  -- A quote changes as a whole: the price of one moment is never combined with the each-way terms of another.
  on conflict (race_id, horse_id, bookmaker_code) do update set
    fractional = excluded.fractional,
    decimal = excluded.decimal,
    ew_places = excluded.ew_places,
    ew_denominator = excluded.ew_denominator,
    quoted_at = excluded.quoted_at,
    from_legacy = false
  where known.from_legacy or coalesce(excluded.quoted_at, '-infinity') >= coalesce(known.quoted_at, '-infinity')
$$;
comment on function engine.upsert_odds(jsonb) is
  'Upserts an array of rows shaped like ra_runner_odds; none when it is null. A quote is replaced only by one that is
   at least as new, or when it comes from the old database.';

grant execute on function engine.upsert_odds to service_role;

-- A chunk whose pages are all in.

create function engine.find_shortfall(held public.backfill_progress)
returns table (reason text, from_day date)
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  feed constant engine.feeds := (select known from engine.feeds as known where known.name = held.feed);
begin
  if feed.counted_by = 'days' and held.cursor_day < held.period_end then
    return query select format('Stopped at %s, before the period''s end', held.cursor_day), held.period_start;
  elsif feed.counted_by = 'lists' and held.pages_done < held.pages_expected then
    return query select format('%s of %s lists pulled', held.pages_done, held.pages_expected), held.period_start;
  elsif feed.counted_by = 'ids' then
    -- Ids that came up after the last were given out are the next run's.
    if held.cursor_skip < held.api_total or held.api_total is null then
      return query
      select format('%s of %s ids asked for', held.cursor_skip, held.cursor_skip + count(*)), held.period_start
      from engine.ids_left(held) as id_left
      having count(*) > 0;
    end if;
  elsif feed.counted_by = 'pages' and held.api_total is null then
    return query select format('The number of %s is not known yet', feed.name), held.period_start;
  else
    -- Counts what this reading saw, not what was stored before: a race that it missed may have been corrected since.
    return query
    select
      format(
        'The API has %s %s%s and sent %s of them', short.races_in_api, array_to_string(feed.counted_rows, ' and '),
        case when feed.counted_by = 'days' then format(' on %s', short.day) end, short.races_seen
      ),
      -- A feed counted by days is pulled again only from the first short day on.
      short.day
    from engine.short_days(held.id) as short
    order by short.day
    limit 1;
  end if;
end
$$;
comment on function engine.find_shortfall(public.backfill_progress) is
  'What is missing from a chunk whose pages are all in: a sentence, and the day from which to read again. No row when
   nothing is missing.';

create function public.finish_chunk(chunk_id bigint, lease_token uuid, report jsonb default null)
returns text
language plpgsql
security invoker
set search_path = ''
set statement_timeout = '60s'
set lock_timeout = '60s'
as $$
#variable_conflict use_column
declare
  held constant public.backfill_progress := engine.hold_lease(finish_chunk.chunk_id, finish_chunk.lease_token);
  repulls_allowed constant integer := 3;
  lacking record;
  new_state text := 'succeeded';
begin
  select short.reason, short.from_day into lacking from engine.find_shortfall(held) as short;
  if lacking.reason is not null then
    perform engine.log_failure(
      chunk => held, failure_class => 'incomplete', endpoint => null, http_status => null,
      attempt => held.repulls + 1, message => lacking.reason
    );
    new_state := case when held.repulls < repulls_allowed then 'waiting' else 'dead' end;
  elsif (select feed.counted_by = 'pages' from engine.feeds as feed where feed.name = held.feed) then
    perform engine.cover_days(held, held.period_start, held.period_end);
  end if;

  if new_state = 'waiting' then
    perform engine.read_again(held, lacking.from_day);
    update public.backfill_progress as chunk set repulls = chunk.repulls + 1 where chunk.id = held.id;
  end if;
  perform engine.leave_chunk(
    chunk => held, state => new_state, error => lacking.reason,
    -- Wait a little: results are still coming in, or pages shifted while they were read.
    due_at => engine.clock() + interval '1 minute',
    ended_as => case when lacking.reason is null then 'succeeded' else 'incomplete' end, report => finish_chunk.report
  );
  perform engine.dispatch_next(held.feed);
  return new_state;
end
$$;
comment on function public.finish_chunk(bigint, uuid, jsonb) is
  'Ends a chunk whose pages are all in. Compares the races that came in this reading, stored or rejected, with the
   API''s total: returns succeeded; waiting, when something is missing and the chunk will be pulled again; dead, when
   something was missing four times. report: where the invocation''s time went, see engine.end_invocation. Error PT409
   when the lease is lost.';

revoke all on function public.finish_chunk from public, anon, authenticated, service_role;
grant execute on function engine.find_shortfall, public.finish_chunk to service_role;

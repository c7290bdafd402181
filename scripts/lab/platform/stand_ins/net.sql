-- A stand-in for pg_net 0.20: the queue, the answers and the functions. net_worker.ts sends what is queued.
-- Everything here belongs to the superuser who runs it, as the real one belongs to supabase_admin.
create schema if not exists net;

-- Unlogged, as the real tables: a crash of the database loses what waits. The sequence of the ids is so too, since it
-- belongs to the table: after a crash they start at 1 again. As with the real one, nothing keeps two requests from
-- having one id.
create unlogged table if not exists net.http_request_queue (
  id bigserial,
  method text not null check (method in ('GET', 'POST', 'DELETE')),
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds integer not null
);

create unlogged table if not exists net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out boolean,
  error_msg text,
  created timestamptz not null default now()
);

create index if not exists _http_response_created_idx on net._http_response (created);

-- A notification reaches the worker when the transaction commits, and never when it rolls back: that is the promise
-- of pg_net that everything else builds on. A row that somebody writes into the queue by hand waits until the next
-- call of a function.
create or replace function net.wake()
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform pg_catalog.pg_notify('net_stand_in', '');
end
$$;

create or replace function net._encode_url_text(part text)
returns text
language sql
immutable
set search_path = ''
as $$
  select coalesce(
    pg_catalog.string_agg(
      case
        when letter.value ~ '^[A-Za-z0-9._~-]$' then letter.value
        else pg_catalog.regexp_replace(
          pg_catalog.upper(pg_catalog.encode(pg_catalog.convert_to(letter.value, 'utf8'), 'hex')), '(..)', '%\1', 'g'
        )
      end,
      '' order by letter.position
    ),
    ''
  )
  from pg_catalog.regexp_split_to_table(part, '') with ordinality as letter (value, position);
$$;

create or replace function net._url_with_params(url text, params jsonb)
returns text
language sql
immutable
set search_path = ''
as $$
  select url || coalesce(
    case when pg_catalog.strpos(url, '?') > 0 then '&' else '?' end
    || pg_catalog.string_agg(
      net._encode_url_text(param.key) || '=' || net._encode_url_text(param.value), '&' order by param.position
    ),
    ''
  )
  from pg_catalog.jsonb_each_text(params) with ordinality as param (key, value, position);
$$;

create or replace function net.http_get(
  url text,
  params jsonb default '{}',
  headers jsonb default '{}',
  timeout_milliseconds integer default 5000
)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  request_id bigint;
begin
  insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
  values ('GET', net._url_with_params(http_get.url, params), http_get.headers, http_get.timeout_milliseconds)
  returning id into request_id;
  perform net.wake();
  return request_id;
end
$$;

create or replace function net.http_post(
  url text,
  body jsonb default '{}',
  params jsonb default '{}',
  headers jsonb default '{"Content-Type": "application/json"}',
  timeout_milliseconds integer default 5000
)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  content_type text := (
    select header.value
    from pg_catalog.jsonb_each_text(headers) as header
    where pg_catalog.lower(header.key) = 'content-type'
    limit 1
  );
  request_id bigint;
begin
  if content_type is null then
    headers := headers || '{"Content-Type": "application/json"}';
  elsif content_type <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  end if;

  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values (
    'POST',
    net._url_with_params(http_post.url, params),
    http_post.headers,
    pg_catalog.convert_to(http_post.body::text, 'utf8'),
    http_post.timeout_milliseconds
  )
  returning id into request_id;
  perform net.wake();
  return request_id;
end
$$;

-- As the real one's own script: everybody who can log in reads the queue, deletes from it and sends. The grants are
-- those of the superuser who owns it all: nobody else can take them back, not even the role postgres.
grant usage on schema net to public;
grant all on all tables in schema net to public;
grant all on all sequences in schema net to public;
grant execute on all functions in schema net to public;

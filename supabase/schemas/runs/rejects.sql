-- What could not be understood, and unknown fields.

create table public.ingest_rejects (
  id bigint generated always as identity primary key,
  feed text not null,
  kind text not null,
  race_id text,
  horse_id text,
  race_date date,
  path text not null,
  reason text not null,
  raw jsonb not null,
  fingerprint text not null,
  run_id bigint references public.backfill_runs on delete set null,
  chunk_id bigint references public.backfill_progress on delete set null,
  first_seen_at timestamptz not null default engine.clock(),
  last_seen_at timestamptz not null default engine.clock(),
  acknowledged_at timestamptz,
  constraint ingest_rejects_once unique (feed, fingerprint),
  constraint ingest_rejects_kind_known check (kind in ('race', 'runner', 'course', 'region', 'horse', 'value'))
);

create index ingest_rejects_run_id on public.ingest_rejects (run_id);
create index ingest_rejects_chunk_id on public.ingest_rejects (chunk_id);
create index ingest_rejects_race_date on public.ingest_rejects (feed, race_date);
create index ingest_rejects_race_id on public.ingest_rejects (race_id);

-- The watch looks every minute for those that nobody has acknowledged.
create index ingest_rejects_unread on public.ingest_rejects (feed, first_seen_at, id) where acknowledged_at is null;
create index ingest_rejects_acknowledged_at on public.ingest_rejects (acknowledged_at)
  where acknowledged_at is not null;
comment on table public.ingest_rejects is
  'Rows (kind race, runner, course, region, horse) and values (kind value) that are not understood, with their raw
   JSON. A reject is removed when a later pull of the same race, or a later profile of the same horse, is understood,
   or reject_days after it was acknowledged and last met, unless it is a runner of a result.';
comment on column public.ingest_rejects.kind is
  'race, runner, course, region, horse: missing as a whole. value: only that column is null, or it was sent twice with
   two values, of which the later one is stored.';
comment on column public.ingest_rejects.race_id is
  'Null for courses, regions and horses, and for a race whose id cannot be read.';
comment on column public.ingest_rejects.horse_id is
  'Null unless it is about a runner, or a horse, whose id can be read.';
comment on column public.ingest_rejects.race_date is 'UK racing day; null when it cannot be read either.';
comment on column public.ingest_rejects.path is
  'Where in the race the unreadable value is: "runners[3].horse_id". Empty when the element as a whole is wrong.';
comment on column public.ingest_rejects.reason is 'A sentence.';
comment on column public.ingest_rejects.raw is
  'The element as sent; of a value, {value}, which is a list of both where it was sent twice.';
comment on column public.ingest_rejects.fingerprint is
  'Hash of what was rejected: the same reject pulled again is the same row.';
comment on column public.ingest_rejects.run_id is 'The run that met it last; null once deleted.';
comment on column public.ingest_rejects.chunk_id is 'The chunk that met it last; null once deleted.';
comment on column public.ingest_rejects.first_seen_at is 'When it was first met.';
comment on column public.ingest_rejects.last_seen_at is 'When it was last met.';
comment on column public.ingest_rejects.acknowledged_at is
  'Set it once you have looked: until then an alert stays open. Null again when it is met with another reason.';

create table public.ingest_unknown_fields (
  feed text not null,
  object text not null,
  field text not null,
  times_seen bigint not null,
  first_seen_at timestamptz not null default engine.clock(),
  last_seen_at timestamptz not null default engine.clock(),
  acknowledged_at timestamptz,
  first_value text,
  newest_value text,
  constraint ingest_unknown_fields_pkey primary key (feed, object, field),
  constraint ingest_unknown_fields_values_short check (
    greatest(octet_length(first_value), octet_length(newest_value)) <= 600
  )
);
comment on table public.ingest_unknown_fields is
  'Fields that the API sent and that are not known here. They are reported, never fatal.';
comment on column public.ingest_unknown_fields.object is
  'What carried it: page, racecard, card_runner, result, result_runner, course, region; or a part of a card''s runner:
   trainer_14_days, odds, quotes, stable_tour, medical, prev_trainers, prev_owners.';
comment on column public.ingest_unknown_fields.field is 'Its name in the JSON.';
comment on column public.ingest_unknown_fields.times_seen is 'Objects that carried it, over all pages stored.';
comment on column public.ingest_unknown_fields.first_seen_at is 'When it was first met.';
comment on column public.ingest_unknown_fields.acknowledged_at is
  'Set it once you have looked: until then an alert stays open.';
comment on column public.ingest_unknown_fields.last_seen_at is 'When it was last met.';
comment on column public.ingest_unknown_fields.first_value is
  'The first value that was more than a missing one, as JSON, cut off after 150 characters; a secret in it is replaced.
   Null when there was none yet.';
comment on column public.ingest_unknown_fields.newest_value is 'The newest such value, in the same form.';

alter table public.ingest_rejects enable row level security;
alter table public.ingest_unknown_fields enable row level security;
revoke all on public.ingest_rejects, public.ingest_unknown_fields from public, anon, authenticated, service_role;
-- Identity columns fill themselves, so no role needs a right to their sequences. Projects from before October 2026
-- grant one by default.
revoke all on sequence public.ingest_rejects_id_seq from public, anon, authenticated, service_role;
grant select, insert, update, delete on public.ingest_rejects to service_role;
grant select, insert, update on public.ingest_unknown_fields to service_role;

-- What was taken over from the system that was here before, and how its tables are read now: over ours where ours have
-- the row, over the old tables where only they have it. A database that took nothing over has these rows all the same,
-- and nothing reads them.

create table engine.legacy_kinds (
  kind text primary key,
  source text not null,
  matches text not null,
  one_of text,
  never_pulled text not null default 'false'
);
comment on table engine.legacy_kinds is
  'The old tables that ours have the rows of, by kind: every era called them by other names. SQL in which "old" is a row
   of the old table; {bookmakers} is the name of the old table of them.';
comment on column engine.legacy_kinds.kind is 'As legacy_data.moved_objects has it.';
comment on column engine.legacy_kinds.source is
  'The from clause of ours: the first table in it has the rows, the others are joined for its names.';
comment on column engine.legacy_kinds.matches is 'When a row of ours is the old row.';
comment on column engine.legacy_kinds.one_of is
  'Columns of the old table of which there should be one row. Of several, the one that was written last is read, and the
   others are in legacy_data.duplicate_rows. Null where the old table has a key.';
comment on column engine.legacy_kinds.never_pulled is
  'Old rows that no source has: without an id, or put there by the old system''s tests. They are not missed.';

insert into engine.legacy_kinds (kind, source, matches, one_of, never_pulled)
values
  (
    'regions', 'public.ra_mst_regions as region',
    'region.code = case old.code when ''sa'' then ''saf'' when ''ita'' then ''ity'' else old.code end', null,
    'old.code like ''**TEST**%'''
  ),
  (
    'courses',
    'public.ra_mst_courses as course left join public.ra_mst_regions as region on region.code = course.region_code',
    'course.id = old.id', null, 'old.id like ''**TEST**%'''
  ),
  (
    'bookmakers', 'public.ra_mst_bookmakers as bookmaker',
    'bookmaker.code = regexp_replace(lower(coalesce(old.code, old.name)), ''[^a-z0-9]'', '''', ''g'')', null,
    'old.name like ''**TEST**%'''
  ),
  ('sires', 'public.ra_mst_sires as sire', 'sire.id = old.id', null, 'old.id = '''' or old.id like ''**TEST**%'''),
  ('dams', 'public.ra_mst_dams as dam', 'dam.id = old.id', null, 'old.id = '''' or old.id like ''**TEST**%'''),
  (
    'damsires', 'public.ra_mst_damsires as damsire', 'damsire.id = old.id', null,
    'old.id = '''' or old.id like ''**TEST**%'''
  ),
  (
    'horses', 'public.ra_mst_horses as horse', 'horse.id = old.id', null,
    'old.id = '''' or old.id like ''**TEST**%'' or old.name like ''**TEST**%'''
  ),
  (
    'jockeys', 'public.ra_mst_jockeys as jockey', 'jockey.id = old.id', null,
    'old.id = '''' or old.id like ''**TEST**%'' or old.name like ''NON-RUNNER%'''
  ),
  (
    'trainers', 'public.ra_mst_trainers as trainer', 'trainer.id = old.id', null,
    'old.id = '''' or old.id like ''**TEST**%'''
  ),
  (
    'owners', 'public.ra_mst_owners as owner', 'owner.id = old.id', null,
    'old.id = '''' or old.id like ''**TEST**%'''
  ),
  (
    'pedigree',
    'public.ra_mst_horses as horse left join public.ra_mst_sires as sire on sire.id = horse.sire_id '
    'left join public.ra_mst_dams as dam on dam.id = horse.dam_id '
    'left join public.ra_mst_damsires as damsire on damsire.id = horse.damsire_id',
    'horse.id = old.horse_id', null, 'old.horse_id = '''' or old.horse_id like ''**TEST**%'''
  ),
  (
    'races', 'public.ra_races as race left join public.ra_mst_courses as course on course.id = race.course_id',
    'race.id = old.id', null, 'old.id like ''**TEST**%'' or old.race_name like ''**TEST**%'''
  ),
  (
    'runners',
    'public.ra_runners as runner left join public.ra_mst_horses as horse on horse.id = runner.horse_id '
    'left join public.ra_mst_jockeys as jockey on jockey.id = runner.jockey_id '
    'left join public.ra_mst_trainers as trainer on trainer.id = runner.trainer_id '
    'left join public.ra_mst_owners as owner on owner.id = runner.owner_id',
    'runner.race_id = old.race_id and runner.horse_id = old.horse_id', 'race_id, horse_id',
    'old.race_id like ''**TEST**%'' or old.horse_id like ''**TEST**%'' or old.horse_name like ''**TEST**%'''
  ),
  (
    'results',
    'public.ra_runners as runner left join public.ra_races as race on race.id = runner.race_id '
    'left join public.ra_mst_horses as horse on horse.id = runner.horse_id '
    'left join public.ra_mst_jockeys as jockey on jockey.id = runner.jockey_id '
    'left join public.ra_mst_trainers as trainer on trainer.id = runner.trainer_id '
    'left join public.ra_mst_owners as owner on owner.id = runner.owner_id',
    'runner.race_id = old.race_id and runner.horse_id = old.horse_id and runner.has_result', 'race_id, horse_id',
    'old.race_id like ''**TEST**%'' or old.horse_id like ''**TEST**%'' or old.horse_name like ''**TEST**%'''
  ),
  (
    'odds',
    'public.ra_runner_odds as quote left join legacy_data.{bookmakers} as bookmaker '
    'on regexp_replace(lower(bookmaker.code), ''[^a-z0-9]'', '''', ''g'') = quote.bookmaker_code',
    'quote.race_id = old.race_id and quote.horse_id = old.horse_id and quote.bookmaker_code = (select '
    'regexp_replace(lower(b.code), ''[^a-z0-9]'', '''', ''g'') from legacy_data.{bookmakers} as b '
    'where b.id = old.bookmaker_id)', null, 'old.race_id like ''**TEST**%'''
  );

create table engine.legacy_columns (
  kind text not null references engine.legacy_kinds on delete cascade,
  name text not null,
  expression text not null,
  half text,
  constraint legacy_columns_pkey primary key (kind, name),
  constraint legacy_columns_half_known check (half in ('card', 'result'))
);
comment on table engine.legacy_columns is
  'How a column of an old table is read from ours, in the old system''s conventions. A column that is not here comes
   from the old row, and is null where there is none.';
comment on column engine.legacy_columns.kind is 'The kind of table.';
comment on column engine.legacy_columns.name is 'The old column.';
comment on column engine.legacy_columns.expression is
  'SQL over the source of the kind. It is cast to the type that the old column has.';
comment on column engine.legacy_columns.half is
  'Whose column it is, where a row may have one half only: while ours has no card (or no result) of the race or runner,
   the old row''s value stands.';

alter table engine.legacy_kinds enable row level security;
alter table engine.legacy_columns enable row level security;

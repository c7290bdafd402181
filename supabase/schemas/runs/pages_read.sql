-- Which races a reading has seen so far.

create table engine.pages_read (
  chunk_id bigint not null references public.backfill_progress on delete cascade,
  day date not null,
  skip integer not null,
  races_in_api integer not null,
  race_keys text[] not null,
  left_out text[] not null default '{}',
  constraint pages_read_pkey primary key (chunk_id, day, skip)
);
comment on table engine.pages_read is
  'The races on the pages of an unfinished reading, so that the races that came, not those stored before, are compared
   with what the API has. A row a page: 22 kB of WAL for a month of 1,200 races. A row a race would be 250 kB, and a
   list on the chunk would be rewritten with each page.';
comment on column engine.pages_read.day is 'The day, of a feed counted by days; of others the first day of the period.';
comment on column engine.pages_read.skip is 'The cursor that the page was read at.';
comment on column engine.pages_read.races_in_api is 'The total that the API gave with this page.';
comment on column engine.pages_read.race_keys is
  'Ids of the races that came, or of what else the feed counts (engine.feeds.counted_rows), stored or rejected, each as
   often as it was on the page; where an id cannot be read, the fingerprint of the reject.';
comment on column engine.pages_read.left_out is
  'Ids among them that are not to be stored: of races of a region that was not asked for.';

create table engine.copies_read (
  chunk_id bigint not null references public.backfill_progress on delete cascade,
  day date not null,
  race_key text not null,
  times integer not null,
  constraint copies_read_pkey primary key (chunk_id, day, race_key)
);
comment on table engine.copies_read is
  'Races that came more than once when an unfinished chunk was last read and came up short. One that does so again, on
   pages that end elsewhere, is really twice in the API''s list; otherwise the pages shifted, and another race was
   missed.';
comment on column engine.copies_read.day is 'As in engine.pages_read.';
comment on column engine.copies_read.race_key is 'As in engine.pages_read.race_keys.';
comment on column engine.copies_read.times is 'How often it came.';

alter table engine.pages_read enable row level security;
alter table engine.copies_read enable row level security;
grant select, insert, update, delete on engine.pages_read to service_role;
grant select, insert, delete on engine.copies_read to service_role;

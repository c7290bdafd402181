-- Foreign keys, checks, indexes, views and rights of the first era, made once the rows are in. The writers' orphans
-- break the key of the races: like every database that got its keys late, it was never checked for old rows.

alter table public.ra_runners
  add constraint ra_runners_race_id_fkey foreign key (race_id) references public.ra_races (id) not valid,
  add constraint ra_runners_horse_id_fkey foreign key (horse_id) references public.ra_horses (id),
  add constraint ra_runners_jockey_id_fkey foreign key (jockey_id) references public.ra_jockeys (id),
  add constraint ra_runners_trainer_id_fkey foreign key (trainer_id) references public.ra_trainers (id),
  add constraint ra_runners_owner_id_fkey foreign key (owner_id) references public.ra_owners (id),
  add constraint ra_runners_sire_id_fkey foreign key (sire_id) references public.ra_sires (id),
  add constraint ra_runners_dam_id_fkey foreign key (dam_id) references public.ra_dams (id),
  add constraint ra_runners_damsire_id_fkey foreign key (damsire_id) references public.ra_damsires (id);
alter table public.ra_horse_pedigree
  add constraint ra_horse_pedigree_horse_id_fkey foreign key (horse_id) references public.ra_horses (id);
alter table public.ra_runner_odds
  add constraint ra_runner_odds_race_id_fkey foreign key (race_id) references public.ra_races (id),
  add constraint ra_runner_odds_horse_id_fkey foreign key (horse_id) references public.ra_horses (id),
  add constraint ra_runner_odds_bookmaker_id_fkey foreign key (bookmaker_id) references public.ra_bookmakers (id);
alter table public.ra_bookmakers add constraint ra_bookmakers_code_key unique (code);
alter table public.ra_runner_statistics add constraint ra_runner_statistics_runner_id_key unique (runner_id);
alter table public.ra_entity_combinations
  add constraint chk_entity_comb_types check (entity1_type <> entity2_type),
  add constraint chk_entity_comb_canonical_order check (entity1_type < entity2_type);
alter table public.ra_collection_metadata
  add constraint ra_collection_metadata_status_check check (status in ('success', 'partial', 'failed'));

create index idx_races_race_date on public.ra_races (date);
create index idx_races_course_date on public.ra_races (course_id, date);
create index idx_races_region_date on public.ra_races (region, date);
create index idx_runners_race_id on public.ra_runners (race_id);
create index idx_runners_horse_id on public.ra_runners (horse_id);
create index idx_runners_jockey_id on public.ra_runners (jockey_id);
create index idx_runners_trainer_id on public.ra_runners (trainer_id);
create index idx_runners_owner_id on public.ra_runners (owner_id);
create index idx_runners_horse_race on public.ra_runners (horse_id, race_id);
create index idx_horses_name on public.ra_horses (name);
create index idx_horses_region on public.ra_horses (region);
create index idx_horses_sex on public.ra_horses (sex);
create index idx_jockeys_name on public.ra_jockeys (name);
create index idx_jockeys_win_rate on public.ra_jockeys (win_rate);
create index idx_ra_courses_coordinates on public.ra_courses (latitude, longitude);
create index idx_horse_pedigree_region on public.ra_horse_pedigree (region);

create view public.ra_odds_live_latest as
select distinct on (quote.race_id, quote.horse_id, quote.bookmaker_id)
  quote.race_id,
  quote.race_date,
  quote.race_time,
  quote.off_dt,
  quote.course,
  quote.race_name,
  quote.runners,
  quote.horse_name,
  quote.horse_number,
  quote.odds_decimal,
  quote.odds_fractional,
  quote.bookmaker_name,
  quote.fetched_at
from public.ra_odds_live as quote
order by quote.race_id, quote.horse_id, quote.bookmaker_id, quote.fetched_at desc;

create view public.v_latest_table_updates as
select distinct on (log.table_name) log.table_name, log.operation, log.records_processed, log.status, log.updated_at
from public.ra_collection_metadata as log
order by log.table_name, log.updated_at desc;

-- It finds its tables by the search path, as functions of the dashboard's SQL editor do.
create function public.count_runners_of(wanted_horse varchar)
returns bigint
language plpgsql
stable
as $$
begin
  return (select count(*) from ra_runners where horse_id = wanted_horse);
end
$$;

grant all on all tables in schema public to anon, authenticated, service_role;
grant all on all sequences in schema public to anon, authenticated, service_role;

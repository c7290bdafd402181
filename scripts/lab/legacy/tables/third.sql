-- The third era: races, runners and results are called masters too, with the keys and indexes whose names had the
-- old name of the table in them. The keys to sires, dams and damsires keep theirs, and so do the sequences.

alter table public.ra_races rename to ra_mst_races;
alter index public.ra_races_pkey rename to ra_mst_races_pkey;
alter table public.ra_runners rename to ra_mst_runners;
alter index public.ra_runners_pkey rename to ra_mst_runners_pkey;
alter table public.ra_mst_runners rename constraint ra_runners_race_id_fkey to ra_mst_runners_race_id_fkey;
alter table public.ra_mst_runners rename constraint ra_runners_horse_id_fkey to ra_mst_runners_horse_id_fkey;
alter table public.ra_mst_runners rename constraint ra_runners_jockey_id_fkey to ra_mst_runners_jockey_id_fkey;
alter table public.ra_mst_runners rename constraint ra_runners_trainer_id_fkey to ra_mst_runners_trainer_id_fkey;
alter table public.ra_mst_runners rename constraint ra_runners_owner_id_fkey to ra_mst_runners_owner_id_fkey;
alter table public.ra_race_results rename to ra_mst_race_results;
alter index public.ra_race_results_pkey rename to ra_mst_race_results_pkey;
alter table public.ra_mst_race_results
  add constraint ra_mst_race_results_race_id_fkey foreign key (race_id)
  references public.ra_mst_races (id) not valid;
-- What wrote the same runner again has this key to meet it since.
alter table public.ra_mst_runners
  add constraint ra_mst_runners_race_id_horse_id_key unique (race_id, horse_id),
  alter column horse_name drop not null,
  alter column number drop not null,
  alter column draw drop not null;
alter table public.ra_mst_sires add column region varchar(10);
alter table public.ra_mst_dams add column region varchar(10);
alter table public.ra_mst_damsires add column region varchar(10);
create index idx_sires_name_region on public.ra_mst_sires (name, region);
create index idx_dams_name_region on public.ra_mst_dams (name, region);
create index idx_damsires_name_region on public.ra_mst_damsires (name, region);
drop table public.ra_runner_odds;
drop table public.ra_runner_supplementary;
create or replace function public.count_runners_of(wanted_horse varchar)
returns bigint
language plpgsql
stable
as $$
begin
  return (select count(*) from ra_mst_runners where horse_id = wanted_horse);
end
$$;

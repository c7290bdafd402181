-- Runners with all their names, whether the source gave an id with a name or the name alone.

create view public.ra_runner_names
with (security_invoker = true)
as
select
  runner.race_id,
  runner.horse_id,
  horse.name as horse_name,
  coalesce(jockey.name, runner.jockey_name) as jockey_name,
  coalesce(trainer.name, runner.trainer_name) as trainer_name,
  coalesce(owner.name, runner.owner_name) as owner_name,
  coalesce(sire.name, horse.sire_name) as sire_name,
  coalesce(dam.name, horse.dam_name) as dam_name,
  coalesce(damsire.name, horse.damsire_name) as damsire_name
from public.ra_runners as runner
join public.ra_mst_horses as horse on horse.id = runner.horse_id
left join public.ra_mst_jockeys as jockey on jockey.id = runner.jockey_id
left join public.ra_mst_trainers as trainer on trainer.id = runner.trainer_id
left join public.ra_mst_owners as owner on owner.id = runner.owner_id
left join public.ra_mst_sires as sire on sire.id = horse.sire_id
left join public.ra_mst_dams as dam on dam.id = horse.dam_id
left join public.ra_mst_damsires as damsire on damsire.id = horse.damsire_id;
comment on view public.ra_runner_names is
  'A row per runner with all its names, for questions by name: a person or parent that the source names without an id
   has no master row, and is found here all the same.';
comment on column public.ra_runner_names.race_id is 'The race.';
comment on column public.ra_runner_names.horse_id is 'The horse in it.';
comment on column public.ra_runner_names.horse_name is 'Name of the horse.';
comment on column public.ra_runner_names.jockey_name is 'Name of the jockey; null while undeclared.';
comment on column public.ra_runner_names.trainer_name is 'Name of the trainer; null when none is named.';
comment on column public.ra_runner_names.owner_name is 'Name of the owner; null when none is named.';
comment on column public.ra_runner_names.sire_name is 'Name of the horse''s sire; null when none is named.';
comment on column public.ra_runner_names.dam_name is 'Name of the horse''s dam; null when none is named.';
comment on column public.ra_runner_names.damsire_name is 'Name of the dam''s sire; null when none is named.';

revoke all on public.ra_runner_names from public, anon, authenticated, service_role;
grant select on public.ra_runner_names to service_role;

/** The parts of an uninstall, in the order in which nothing is left that would start the rest again. */
import { command, statement } from "../setup/actions.ts";
import { changed, FUNCTION_NAMES, remote, type Step, unchanged } from "../setup/step.ts";
import {
  changeSecrets,
  FUNCTION_SECRETS,
  listSecrets,
  secretDigests,
  unsetSecrets,
} from "../setup/steps/function_secrets.ts";
import { functionVersions, listFunctions } from "../setup/steps/functions.ts";
import { vaultEntries } from "../setup/steps/vault.ts";

/** Whether the schema is there: an uninstall that was interrupted, or that took the data too, may have left none. */
export const HAS_SCHEMA = statement(
  "select to_regprocedure('public.stop_schedules()') is not null and to_regclass('public.backfill_settings') is " +
    "not null as has_schema, to_regclass('engine.deployments') is not null as has_deployments",
);
const STOP = statement("select stop_schedules()");
const LIVE = statement(
  "select run_id::integer from backfill_status where state in ('waiting', 'running', 'paused') order by run_id",
);
/** A run that ends meanwhile needs no cancelling: PT409, of an earlier schema 55000. */
const CANCEL = statement(`
do $$
declare
  live record;
begin
  for live in select run_id from backfill_status where state in ('waiting', 'running', 'paused') loop
    begin
      perform backfill_cancel(live.run_id);
    exception
      when sqlstate 'PT409' or object_not_in_prerequisite_state then null;
    end;
  end loop;
end
$$`.trim());
const UNSCHEDULE = statement(
  "select cron.unschedule(jobname) from cron.job where jobname in ('engine-tick', 'engine-upkeep', " +
    "'engine-compact', " +
    // Those of earlier versions.
    "'engine-sweep', 'engine-watch', 'engine-pulls')",
);
/** A database of an earlier schema has neither of these. */
const FORGET = statement("update backfill_settings set set_up_at = null");
const FORGET_DEPLOYMENTS = statement("delete from engine.deployments");

const scheduled: Step = {
  name: "schedules",
  actions: () => [HAS_SCHEMA, LIVE, STOP, CANCEL, UNSCHEDULE, FORGET],
  async run(_project, hands) {
    const [there] = await hands.query<{ has_schema: boolean; has_deployments: boolean }>(HAS_SCHEMA);
    if (!there?.has_schema) return unchanged("none");
    const live = await hands.query<{ run_id: number }>(LIVE);
    await hands.query(STOP);
    if (live.length > 0) await hands.query(CANCEL);
    const jobs = await hands.query(UNSCHEDULE);
    if (there.has_deployments) await hands.query(FORGET);
    const runs = live.map(({ run_id }) => run_id).join(", ");
    if (jobs.length === 0 && live.length === 0) return unchanged("none");
    return changed(`off, ${jobs.length} cron jobs removed${runs === "" ? "" : `, cancelled run ${runs}`}`);
  },
};

const deleteFunction = (name: string) => (project: Parameters<typeof remote>[0]) =>
  command(["functions", "delete", name, remote(project), "--yes"]);

const functions: Step = {
  name: "functions",
  actions: (project) => [
    listFunctions(project),
    ...FUNCTION_NAMES.map((name) => deleteFunction(name)(project)),
    HAS_SCHEMA,
    FORGET_DEPLOYMENTS,
  ],
  async run(project, hands) {
    const there = await functionVersions(project, hands);
    const ours = FUNCTION_NAMES.filter((name) => there.has(name));
    for (const name of ours) await hands.run(deleteFunction(name)(project));
    const [schema] = await hands.query<{ has_deployments: boolean }>(HAS_SCHEMA);
    if (schema?.has_deployments) await hands.query(FORGET_DEPLOYMENTS);
    return ours.length === 0 ? unchanged("none") : changed(`deleted ${ours.join(" and ")}`);
  },
};

const secrets: Step = {
  name: "secrets",
  actions: (project) => [listSecrets(project), unsetSecrets(project, FUNCTION_SECRETS)],
  async run(project, hands) {
    const there = await secretDigests(project, hands);
    const ours = FUNCTION_SECRETS.filter((name) => there.has(name));
    if (ours.length === 0) return unchanged("none");
    await changeSecrets(unsetSecrets(project, ours), hands);
    return changed(`removed ${ours.join(", ")}`);
  },
};

const vault: Step = {
  name: "Vault",
  actions: () => [vaultEntries.IS_THERE, vaultEntries.READ, vaultEntries.REMOVE],
  async run(_project, hands) {
    const names = Object.keys(await vaultEntries.readIfThere(hands));
    if (names.length === 0) return unchanged("none");
    await hands.query(vaultEntries.REMOVE);
    return changed(`removed ${names.join(", ")}`);
  },
};

/** Everything but the data. */
export const TAKE_AWAY: readonly Step[] = [scheduled, functions, secrets, vault];

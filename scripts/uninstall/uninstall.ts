import { Problem } from "../command_line/problem.ts";
import { readProjectRef, readSettings } from "../project/settings.ts";
import { writeSettingsFile } from "../project/settings_file.ts";
import { checkSettings } from "../setup/ask.ts";
import { findProject, HOLD, holdProject, LIST_PROJECTS, listProjects } from "../setup/checks.ts";
import { describeActions, sketchProject } from "../setup/dry_run.ts";
import { handsFor, type Surroundings } from "../setup/surroundings.ts";
import { COUNT_OLD, findOldTables, HAS_OLD, type OldTables, removeData } from "./remove_data.ts";
import { TAKE_AWAY } from "./take_away.ts";

export interface UninstallOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly withData: boolean;
}

/** Takes away what setup brought, and leaves the data unless that is asked for twice. */
export async function uninstall(options: UninstallOptions, around: Surroundings): Promise<void> {
  const { progress, folder } = around;
  const settings = await readSettings(around.settingsFile, around.getVariable);
  checkSettings(settings);
  const steps = options.withData ? [...TAKE_AWAY, removeData] : TAKE_AWAY;
  const project = sketchProject(settings, folder);
  if (options.dryRun) {
    progress.say(describeActions([
      {
        name: "project",
        actions: [LIST_PROJECTS, HOLD, ...options.withData ? [HAS_OLD, COUNT_OLD] : []],
      },
      ...steps.map((step) => ({ name: step.name, actions: step.actions(project) })),
    ]));
    return;
  }
  const missing = (["PROJECT_REF", "DATABASE_URL"] as const).filter((name) => settings[name] === undefined);
  if (missing.length > 0) {
    throw new Problem(
      `${missing.join(" and ")} must be in supabase/.env, as setup writes it, or in the environment.`,
    );
  }
  if (!options.yes && !around.isTerminal) {
    throw new Problem("There is no terminal to ask on before anything is taken away: add --yes.");
  }

  await using hands = handsFor(settings, around);
  const found = await progress.step("project", async () => {
    const listed = findProject(readProjectRef(project.ref), await listProjects(hands));
    await holdProject(hands);
    return { ...listed, says: `${listed.name} (${listed.ref}, ${listed.region})` };
  });
  const old = options.withData ? await findOldTables(hands) : undefined;
  if (!options.yes) await confirm(found.name, found.ref, options.withData, old, around);

  let changes = 0;
  for (const step of steps) {
    const outcome = await progress.step(step.name, () => step.run(project, hands, changes > 0));
    if (outcome.changed) changes++;
  }
  // The next set-up makes a new one.
  await writeSettingsFile(around.settingsFile, { WORKER_SECRET: undefined });
  progress.say(farewell(changes, options.withData, old));
}

async function confirm(
  name: string,
  ref: string,
  withData: boolean,
  old: OldTables | undefined,
  { questions }: Surroundings,
): Promise<void> {
  const stopped = () => new Problem("Stopped before anything was changed.");
  const what = withData ? "and all racing data, runs and logs" : "and leave the data";
  const kept = old === undefined ? "" : ` (${describe(old)} stay, in legacy_data)`;
  const question = `Take schedules, cron jobs, functions and secrets of ${name} away, ${what}?${kept}`;
  if (!await questions.confirm(question)) throw stopped();
  if (!withData) return;
  const typed = await questions.text(`The data cannot be brought back. To remove it, type ${ref}`, () => {});
  if (typed.trim() !== ref) throw stopped();
}

const describe = ({ tables, megabytes }: OldTables) => `the old system's ${tables} tables, ${megabytes} MB,`;

function farewell(changes: number, withData: boolean, old: OldTables | undefined): string {
  const left = withData
    ? "The project has nothing of ours any more, apart from the extensions."
    : 'The data stays, and can be read as before; to remove it: "npx -y deno task uninstall --with-data".';
  const kept = old === undefined ? [] : [
    `The old system's ${old.tables} tables (${old.megabytes} MB) are as they were, in legacy_data, and are read under ` +
    "their names with search_path = legacy, public.",
    "To put them back where they were: select legacy_data.put_back();",
    "To remove them too, with all that only they have: drop schema legacy, legacy_data cascade;",
  ];
  const settings =
    "supabase/.env still has the API's account and the database's password: delete it if you are done.";
  return [
    "",
    changes === 0 ? "Nothing changed: there was nothing left to take away." : left,
    ...kept,
    settings,
  ].join("\n");
}

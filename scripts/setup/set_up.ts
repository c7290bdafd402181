import { subMonths } from "date-fns";
import { Problem } from "../command_line/problem.ts";
import { readProjectRef, readSettings, type Settings } from "../project/settings.ts";
import { writeSettingsFile } from "../project/settings_file.ts";
import { ALL_STEPS } from "./all_steps.ts";
import { askForMissing, checkSettings, missingSettings, newWorkerSecret, projectOf } from "./ask.ts";
import { checkDatabase, findProject, listProjects } from "./checks.ts";
import { describeOldDatabase } from "./describe_old_database.ts";
import { describeActions, plannedActions, sketchProject } from "./dry_run.ts";
import type { Hands } from "./hands.ts";
import { handsFor, type Surroundings } from "./surroundings.ts";
import { type AccountFacts, describeAccount, probeAccount } from "./racing_api_account.ts";
import { findManagement } from "./management.ts";
import type { Project, Readers } from "./step.ts";
import { digest, secretDigests } from "./steps/function_secrets.ts";
import { vaultEntries } from "./steps/vault.ts";

export interface SetUpOptions {
  readonly projectRef: string | undefined;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly rotateWorkerSecret: boolean;
  /** Who shall read the racing data over the API. Default: who reads it stays. */
  readonly publish?: Readers | undefined;
}

/** Sets a project up, or brings it up to date. Resolves once everything works; otherwise throws a `Problem`. */
export async function setUp(options: SetUpOptions, around: Surroundings): Promise<void> {
  const settings = await givenSettings(options, around);
  checkSettings(settings);
  const { progress, folder } = around;
  if (options.dryRun) {
    const sketch = { ...sketchProject(settings, folder), ...await readersOf(options, around) };
    progress.say(describeActions(plannedActions(sketch, around.now())));
    return;
  }
  refuseSilence(options, settings, around);

  const complete = await completeSettings(settings, around);
  await using hands = handsFor(complete, around);
  const sketch = projectOf({ ...complete, WORKER_SECRET: "" }, folder);
  const { pending, old } = await progress.step("database", async () => {
    const facts = await checkDatabase(sketch, hands);
    const found = facts.old === undefined ? "" : ", with an old system's tables";
    return { ...facts, says: `Postgres ${facts.version}, reached${found}` };
  });
  if (old !== undefined) progress.say(describeOldDatabase(old, sketch.limitMegabytes));
  const account = await progress.step("Racing API", async () => {
    const facts = await probeAccount(sketch.account, {
      fetch: globalThis.fetch,
      now: around.now(),
      wait: hands.wait,
    });
    return { ...facts, says: describeAccount(facts) };
  });
  if (!options.yes) await confirm(sketch, pending, old !== undefined, around);
  // Answers that were not accepted are asked for again, so only now are they kept.
  await keep(complete, around);
  const project: Project = {
    ...projectOf(await withWorkerSecret(complete, sketch, options, hands, around), folder),
    ...await readersOf(options, around),
  };

  // What was just generated must not show either.
  await using working = handsFor({ ...complete, WORKER_SECRET: project.workerSecret }, around);
  const changes: string[] = [];
  for (const step of ALL_STEPS) {
    const outcome = await progress.step(
      step.name,
      () => step.run(project, working, changes.length > 0),
    );
    if (outcome.changed) changes.push(step.name);
  }
  progress.say(farewell(project, account, changes, around.now(), old !== undefined));
}

/** Who shall read the data, and what the project's API is told so with. */
async function readersOf(
  { publish }: SetUpOptions,
  around: Surroundings,
): Promise<Pick<Project, "readers" | "management">> {
  return { readers: publish, management: await findManagement(around) };
}

async function givenSettings(options: SetUpOptions, around: Surroundings): Promise<Settings> {
  const settings = await readSettings(around.settingsFile, around.getVariable);
  if (options.projectRef === undefined) return settings;
  const ref = readProjectRef(options.projectRef);
  if (settings.PROJECT_REF !== undefined && readProjectRef(settings.PROJECT_REF) !== ref) {
    throw new Problem(
      `The settings in supabase/.env are those of the project ${settings.PROJECT_REF}, not of ${ref}. For a second ` +
        "project use a second clone, or move that file away.",
    );
  }
  return { ...settings, PROJECT_REF: ref };
}

/** Without a terminal nobody can be asked: what is missing is told at once, all of it. */
function refuseSilence({ yes }: SetUpOptions, settings: Settings, { isTerminal }: Surroundings): void {
  if (!yes && isTerminal) return;
  const missing = [
    ...(settings.PROJECT_REF === undefined ? ["PROJECT_REF"] : []),
    ...missingSettings(settings).map(({ name }) => name),
  ];
  if (missing.length > 0) {
    throw new Problem(
      `${missing.join(", ")} ${
        missing.length === 1 ? "is" : "are"
      } missing: put what is missing in supabase/.env or in ` +
        `the environment${isTerminal ? ", or leave out --yes and be asked" : ""}.`,
    );
  }
  if (!yes) throw new Problem("There is no terminal to ask on before the project is changed: add --yes.");
}

type Complete =
  & Settings
  & Required<Pick<Settings, "PROJECT_REF" | "DATABASE_URL" | "RACING_API_USERNAME" | "RACING_API_PASSWORD">>;

/** Finds the project, and asks for what is missing. */
async function completeSettings(
  settings: Settings,
  around: Surroundings,
): Promise<Complete> {
  await using hands = handsFor(settings, around);
  const { questions, progress } = around;
  const found = await progress.step("project", async () => {
    const projects = await listProjects(hands);
    if (settings.PROJECT_REF === undefined) return { projects, project: undefined, says: "to be chosen" };
    const project = findProject(readProjectRef(settings.PROJECT_REF), projects);
    return { projects, project, says: `${project.name} (${project.ref}, ${project.region})` };
  });
  let ref = found.project?.ref;
  if (ref === undefined) {
    if (found.projects.length === 0) {
      throw new Problem(
        "Your login reaches no project: create one in Supabase's dashboard, then run this again.",
      );
    }
    ref = await questions.choose(
      "Which project?",
      found.projects.map((project) => ({
        value: project.ref,
        label: `${project.name} (${project.ref}, ${project.region})`,
      })),
    );
    findProject(ref, found.projects);
  }
  const known = { ...settings, PROJECT_REF: ref };
  return { ...known, ...await askForMissing(known, questions) } as Complete;
}

/** Keeps the settings for the next time, apart from those that the environment says. */
async function keep(settings: Settings, { settingsFile, getVariable }: Surroundings): Promise<void> {
  const ours = Object.entries(settings).filter(([name]) => !getVariable(name)?.trim());
  await writeSettingsFile(settingsFile, Object.fromEntries(ours));
}

/**
 * The worker secret: the one that the project has, else the one of the settings, else a new one. A new one is written
 * down before anything gets it, so that a set-up that was interrupted goes on with the same.
 */
async function withWorkerSecret(
  settings: Complete,
  project: Project,
  { rotateWorkerSecret }: SetUpOptions,
  hands: Hands,
  around: Surroundings,
): Promise<Complete & { WORKER_SECRET: string }> {
  const { WORKER_SECRET: ours } = settings;
  const { worker_secret: inVault } = await vaultEntries.readIfThere(hands);
  const WORKER_SECRET = rotateWorkerSecret
    ? newWorkerSecret()
    : inVault === undefined || ours === inVault
    ? ours ?? newWorkerSecret()
    // A change that was interrupted goes on once the functions have the new one. Otherwise another machine has
    // changed it.
    : ours !== undefined && (await secretDigests(project, hands)).get("WORKER_SECRET") === digest(ours)
    ? ours
    : inVault;
  if (WORKER_SECRET === ours) return { ...settings, WORKER_SECRET };
  if (around.getVariable("WORKER_SECRET")?.trim()) {
    throw new Problem(
      "The environment has another WORKER_SECRET than the project: unset it, then run this again.",
    );
  }
  await writeSettingsFile(around.settingsFile, { WORKER_SECRET });
  return { ...settings, WORKER_SECRET };
}

async function confirm(
  project: Project,
  pending: readonly string[],
  takesOver: boolean,
  { questions }: Surroundings,
): Promise<void> {
  const schema = pending.length === 0
    ? ""
    : `, ${pending.length} migration${pending.length === 1 ? "" : "s"}`;
  const question =
    `Set up the project ${project.ref}: ${takesOver ? "the old tables moved into legacy_data, " : ""}` +
    `functions and their secrets${schema}, Vault entries, cron jobs?`;
  if (await questions.confirm(question)) return;
  throw new Problem("Stopped before anything was changed.");
}

/** What to do next, and where to look. */
function farewell(
  { ref }: Project,
  account: AccountFacts,
  changes: readonly string[],
  now: Date,
  tookOver: boolean,
): string {
  const done = changes.length === 0
    ? "Nothing changed: everything is as it should be."
    : `It works. Changed: ${changes.join(", ")}.`;
  if (account.plan === "Free") {
    return `\n${done}\n\nRacecards and results need a paid plan of The Racing API.`;
  }
  // Without the add-on results go back twelve months, of which the first may be cut off already.
  const first = account.hasHistory ? "2015-01-01" : subMonths(now, 11).toISOString().slice(0, 10);
  return [
    "",
    done,
    "",
    `Next, in the SQL editor (https://supabase.com/dashboard/project/${ref}/sql/new):`,
    `  select * from backfill_plan(date '${first}');   -- what it costs; starts nothing`,
    `  select backfill_start(date '${first}');`,
    "  select * from backfill_status;                   -- how far it is",
    ...tookOver
      ? [
        "",
        "Of the old database, what was wrong in it, and then what only it has:",
        "  npx -y deno task darkhorses legacy report",
        "  npx -y deno task darkhorses legacy copy          # once the backfill is done",
      ]
      : [],
  ].join("\n");
}

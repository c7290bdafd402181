/** What is looked at before anything is touched. */
import { z } from "zod";
import { Problem } from "../command_line/problem.ts";
import { type Command, command, type Statement, statement } from "./actions.ts";
import type { Hands } from "./hands.ts";
import { FUNCTION_NAMES, type Project } from "./step.ts";
import { functionVersions } from "./steps/functions.ts";
import { vaultEntries } from "./steps/vault.ts";
import { findOldDatabase, type OldDatabase } from "./old_database.ts";
import {
  pendingMigrations,
  readMigrations,
  recordedMigrations,
  recordsThatHold,
  refuseOtherHistory,
} from "./steps/migrations.ts";

const listed = z.object({
  projects: z.array(z.object({
    ref: z.string(),
    name: z.string(),
    region: z.string(),
    status: z.string(),
  })),
});

/** A project that the login can reach. */
export type ListedProject = z.infer<typeof listed>["projects"][number];

export const LIST_PROJECTS: Command = command(["projects", "list"]);
export const HOLD: Statement = statement(
  "select pg_try_advisory_lock(hashtext('darkhorses setup')) as is_held",
);
export const VERSION: Statement = statement(
  "select current_setting('server_version_num')::integer / 10000 as version, current_user::text as role",
);
export const EXTENSIONS: Statement = statement(
  "select wanted.name from (values ('pg_cron', 'cron'), ('pg_net', 'net'), ('supabase_vault', 'vault'), " +
    "('btree_gist', null)) as wanted (name, place) where not exists (select from pg_available_extensions as known " +
    "where known.name = wanted.name) and (wanted.place is null or to_regnamespace(wanted.place) is null)",
);
/** Schemas that are called as ours and are not: what is known of ours is not in them. */
export const OTHERS_SCHEMAS: Statement = statement(
  "select wanted.name from (values ('engine', to_regprocedure('engine.clock()')::oid), " +
    "('racing', to_regclass('racing.goings')::oid), ('legacy', to_regclass('legacy_data.moved_objects')::oid), " +
    "('legacy_data', to_regclass('legacy_data.moved_objects')::oid)) as wanted (name, known) " +
    "where to_regnamespace(wanted.name) is not null and wanted.known is null",
);

/** The projects that the login can reach. */
export async function listProjects(hands: Hands): Promise<ListedProject[]> {
  return listed.parse(await hands.run(LIST_PROJECTS)).projects;
}

/** The project among them; throws a `Problem` when it is not there or not awake. */
export function findProject(ref: string, projects: readonly ListedProject[]): ListedProject {
  const found = projects.find((project) => project.ref === ref);
  if (found === undefined) {
    const others = projects.map((project) => `${project.ref} (${project.name})`).join(", ");
    throw new Problem(
      `Your login reaches no project ${ref}` +
        (others === "" ? ", and no other either: is it the right account?" : `. It reaches: ${others}.`),
    );
  }
  const where = `https://supabase.com/dashboard/project/${ref}`;
  if (/^(INACTIVE|PAUSING|PAUSE_FAILED)$/.test(found.status)) {
    throw new Problem(
      `The project ${found.name} is paused: restore it at ${where}, and run this again once it is up.`,
    );
  }
  if (!/^ACTIVE_/.test(found.status)) {
    throw new Problem(
      `The project ${found.name} is not up (${found.status}): look at ${where}, and run this again once it is.`,
    );
  }
  return found;
}

/** What the check of the database found. */
export interface DatabaseFacts {
  readonly version: number;
  /** Names of the migrations to come. */
  readonly pending: readonly string[];
  /** The old system's tables, where there are any. */
  readonly old: OldDatabase | undefined;
}

/** Looks whether the schema can go into the database, or is there, and keeps other set-ups out while it is held. */
export async function checkDatabase(project: Project, hands: Hands): Promise<DatabaseFacts> {
  await holdProject(hands);
  const [server] = await hands.query<{ version: number; role: string }>(VERSION);
  const version = server?.version ?? 0;
  if (version < 15) {
    throw new Problem(`The database is Postgres ${version}: upgrade the project to 15 or newer.`);
  }
  const lacking = (await hands.query<{ name: string }>(EXTENSIONS)).map(({ name }) => name);
  if (lacking.length > 0) {
    throw new Problem(
      `The database offers no ${
        lacking.join(", ")
      }: upgrade the project in the dashboard under Settings, Infrastructure.`,
    );
  }
  const ours = await readMigrations(project.folder);
  const recorded = await recordedMigrations(hands);
  const old = await findOldDatabase(project.folder, recorded.length === 0, hands);
  // An attempt before this one may have left a part of ours beside the old tables, under an earlier numbering.
  const kept = old === undefined ? recorded : await recordsThatHold(recorded, hands);
  refuseOtherHistory(ours, kept);
  if (kept.length === 0) {
    await refuseOthersSchemas(old !== undefined, hands);
    await refuseOthersParts(project, hands);
  }
  return { version, pending: pendingMigrations(ours, kept).map(({ name }) => name), old };
}

/** One set-up or uninstall at a time: two would each deploy, and each make a secret. Held until the connection ends. */
export async function holdProject(hands: Hands): Promise<void> {
  const [lock] = await hands.query<{ is_held: boolean }>(HOLD);
  if (lock?.is_held) return;
  throw new Problem("Another set-up or uninstall of this project is at work. Wait until it has ended.");
}

/** @param takesOver whether old tables are to be moved: their schemas are made only then */
async function refuseOthersSchemas(takesOver: boolean, hands: Hands): Promise<void> {
  const others = (await hands.query<{ name: string }>(OTHERS_SCHEMAS)).map(({ name }) => name)
    .filter((name) => takesOver || !name.startsWith("legacy"));
  const [name] = others;
  if (name === undefined) return;
  const found = others.length === 1 ? `a schema ${name}` : `schemas ${others.join(" and ")}`;
  throw new Problem(
    `The project has ${found} of its own, and the set-up makes one of that name. Nothing was changed. Rename yours ` +
      `(alter schema ${name} rename to my_${name};), then run this again, or use another project.`,
  );
}

/** What is there before the first set-up belongs to somebody else. */
async function refuseOthersParts(project: Project, hands: Hands): Promise<void> {
  const there = await functionVersions(project, hands);
  const [other] = FUNCTION_NAMES.filter((name) => there.has(name));
  if (other !== undefined) {
    throw new Problem(
      `The project has a function ${other} already, which the set-up would replace. Nothing was changed. Delete it ` +
        "in the dashboard, or use another project.",
    );
  }
  const { project_url: url } = await vaultEntries.readIfThere(hands);
  if (url !== undefined && url !== project.url) {
    throw new Problem(
      "Vault has an entry project_url already, which the set-up would replace. Nothing was changed. Rename it, or " +
        "use another project.",
    );
  }
}

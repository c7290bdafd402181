import { Problem } from "../../command_line/problem.ts";
import { command, statement } from "../actions.ts";
import type { Hands } from "../hands.ts";
import { FIND_OLD, findOldDatabase } from "../old_database.ts";
import { changed, type Project, type Step, unchanged } from "../step.ts";

/** A migration of this checkout. */
export interface Migration {
  readonly version: string;
  readonly name: string;
  readonly text: string;
}

/** A migration that the database has, with its statements where the CLI recorded them. */
export interface RecordedMigration {
  readonly version: string;
  readonly statements: readonly string[] | null;
}

const HAS_RECORDS = statement(
  "select to_regclass('supabase_migrations.schema_migrations') is not null as has_records",
);
const RECORDS = statement(
  "select version, statements from supabase_migrations.schema_migrations order by version",
);

/** The migrations of a checkout, in the order in which they are applied. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const found: Migration[] = [];
  for await (const { name } of Deno.readDir(`${folder}/supabase/migrations`)) {
    const [, version] = /^(\d+)_.*\.sql$/.exec(name) ?? [];
    if (version === undefined) continue;
    found.push({ version, name, text: await Deno.readTextFile(`${folder}/supabase/migrations/${name}`) });
  }
  return found.toSorted((one, other) => one.version < other.version ? -1 : 1);
}

/** The migrations that a project's database has; none before the first. */
export async function recordedMigrations(hands: Hands): Promise<RecordedMigration[]> {
  const [records] = await hands.query<{ has_records: boolean }>(HAS_RECORDS);
  return records?.has_records ? await hands.query<RecordedMigration>(RECORDS) : [];
}

/** Versions of a numbering that ended before the first release, and of what came at once after it. */
const isOfHalf = (version: string) => version >= "20261123000000" && version <= "20261124999999";
export const IS_WHOLE = statement("select to_regprocedure('public.check_setup()') is not null as is_whole");
/** Their objects are taken away by the migration that takes the old tables over. */
const FORGET_HALF = {
  ...statement(
    "delete from supabase_migrations.schema_migrations where version between '20261123000000' and '20261124999999'",
  ),
  where: "half of an earlier attempt stands beside an old system's tables",
};

/** Of the records beside an old system's tables, those of a schema that is whole. */
export async function recordsThatHold(
  recorded: readonly RecordedMigration[],
  hands: Hands,
): Promise<readonly RecordedMigration[]> {
  const [schema] = await hands.query<{ is_whole: boolean }>(IS_WHOLE);
  return schema?.is_whole ? recorded : recorded.filter(({ version }) => !isOfHalf(version));
}

/** What `db push` has to apply. */
export function pendingMigrations(
  ours: readonly Migration[],
  recorded: readonly RecordedMigration[],
): Migration[] {
  return ours.filter(({ version }) => !recorded.some((known) => known.version === version));
}

/**
 * Refuses a database that this checkout cannot bring up to date: one with a newer schema, or one whose migration was
 * edited since it was applied.
 */
export function refuseOtherHistory(
  ours: readonly Migration[],
  recorded: readonly RecordedMigration[],
): void {
  const newer = recorded.find(({ version }) => !ours.some((known) => known.version === version));
  if (newer !== undefined) {
    throw new Problem(
      `The database has the migration ${newer.version}, which this checkout lacks: it was set up from a newer one, or ` +
        "has migrations of its own. Update this checkout (git pull), then run this again.",
    );
  }
  for (const { version, statements } of recorded) {
    const mine = ours.find((known) => known.version === version);
    if (statements === null || mine === undefined || isSameSql(statements.join("\n"), mine.text)) continue;
    throw new Problem(
      `The migration ${version} was edited since this database was set up, and is never applied twice. Before version ` +
        "1.0 there is no upgrade from it: go back to the checkout that it was set up with, or remove everything with " +
        '"npx -y deno task uninstall --with-data" and start again.',
    );
  }
}

/** The CLI records the statements without what stands between them. */
function isSameSql(one: string, other: string): boolean {
  const plain = (text: string) => text.replace(/^\s*--.*$/gm, "").replace(/[\s;]+/g, "");
  return plain(one) === plain(other);
}

/**
 * Applies what is pending. Vault is left alone: its entries are written once the functions know the secret. The
 * password goes through the environment, because arguments are on the machine's process list.
 */
const push = ({ databaseUrl }: Project) => {
  const address = new URL(databaseUrl);
  address.password = "";
  // A database from before the migration that takes old tables over has a later one already.
  return command(["db", "push", `--remote=${address.href}`, "--include-all", "--skip-vault", "--yes"], {
    PGPASSWORD: decodeURIComponent(databaseUrl.password),
  });
};

/** The schema. */
export const migrations: Step = {
  name: "schema",
  actions: (project) => [HAS_RECORDS, RECORDS, FIND_OLD, IS_WHOLE, FORGET_HALF, push(project)],
  async run(project, hands) {
    const ours = await readMigrations(project.folder);
    const all = await recordedMigrations(hands);
    const old = await findOldDatabase(project.folder, false, hands);
    const recorded = old === undefined ? all : await recordsThatHold(all, hands);
    if (recorded.length < all.length) await hands.query(FORGET_HALF);
    refuseOtherHistory(ours, recorded);
    const pending = pendingMigrations(ours, recorded);
    if (pending.length === 0) return unchanged(`up to date (${ours.at(-1)?.version ?? "none"})`);
    await hands.run(push(project));
    const moved = old === undefined ? "" : `, moved ${old.tables} old tables and views into legacy_data`;
    return changed(`applied ${pending.map(({ name }) => name).join(", ")}${moved}`);
  },
};

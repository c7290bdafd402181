/** Looks for the database of the earlier system of the same name, which the set-up takes over. */
import { Problem } from "../command_line/problem.ts";
import { type Statement, statement } from "./actions.ts";
import type { Hands } from "./hands.ts";

/** The version that takes it over: everything before it is a numbering that ended with it. */
export const ADOPTION = "20261124000000";

/** What is in the database of the old system. */
export interface OldDatabase {
  /** a: before its masters were renamed. b: after that. c: after its races and runners were renamed too. */
  readonly era: "a" | "b" | "c";
  readonly tables: number;
  readonly races: number;
  readonly runners: number;
  /** Of the runners, those from days that may have a card. */
  readonly runnersWithCards: number;
  readonly megabytes: number;
  readonly databaseMegabytes: number;
  /** Roles that a view over ours does not let in, and that could read the old tables. */
  readonly rolesShutOut: readonly string[];
}

interface Found {
  readonly name: string;
  readonly kind: string;
  readonly verdict: string;
  readonly is_core: boolean;
  readonly rows: string | null;
  readonly with_cards: string | null;
  readonly megabytes: string;
  readonly database_megabytes: string;
  readonly roles: string[] | null;
}

/** The migration's own words for what is an old table: there is one place that knows. */
export const MAKE_FINDER: Statement = {
  ...statement(""),
  shown: "-- the function of the first migration that finds an old system's tables, for this session only",
};
export const FIND_OLD: Statement = {
  ...statement(`
select found.name, found.kind, found.verdict, found.is_core,
  case when found.verdict = 'old' and found.kind in ('races', 'runners') then (xpath('/row/n/text()', query_to_xml(
    format('select count(*) as n from public.%I', found.name), false, true, '')))[1]::text end as rows,
  case when found.verdict = 'old' and found.kind = 'runners' and races.name is not null then
    (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from public.%I as runner join public.%I as race on '
      'race.id = runner.race_id where race.date >= date ''2023-01-23''', found.name, races.name), false, true, '')))[1]::text
  end as with_cards,
  (pg_total_relation_size(found.relation) / 1e6)::text as megabytes,
  (pg_database_size(current_database()) / 1e6)::text as database_megabytes,
  (select array_agg(distinct held.grantee::regrole::text) from pg_class as c, aclexplode(c.relacl) as held
    where c.oid = found.relation and held.privilege_type = 'SELECT' and held.grantee <> c.relowner
    and held.grantee <> 0 and held.grantee::regrole::text <> 'service_role') as roles
from pg_temp.find_relations() as found
left join (select old.name from pg_temp.find_relations() as old where old.kind = 'races' and old.verdict = 'old' limit 1)
  as races on true
order by found.name`.trim()),
  shown: "-- asks it: which tables of an old system are there, how many rows and megabytes",
};

/** The statement that makes the finder, out of a checkout's migration. */
async function finderOf(folder: string): Promise<Statement> {
  const migrations = `${folder}/supabase/migrations`;
  for await (const { name } of Deno.readDir(migrations)) {
    if (!name.startsWith(ADOPTION)) continue;
    const [found] =
      /^create or replace function pg_temp\.find_relations[\s\S]*?\$find\$[\s\S]*?\$find\$/m.exec(
        await Deno.readTextFile(`${migrations}/${name}`),
      ) ?? [];
    if (found !== undefined) return { ...MAKE_FINDER, text: found };
  }
  throw new Problem(`This checkout has no migration ${ADOPTION}: get it again.`);
}

/**
 * The old system's database; undefined where there is none. Refuses tables that can't be taken over.
 *
 * @param isNew whether nothing of ours is recorded: then no other table may be called like ours
 */
export async function findOldDatabase(
  folder: string,
  isNew: boolean,
  hands: Hands,
): Promise<OldDatabase | undefined> {
  await hands.query(await finderOf(folder));
  const found = await hands.query<Found>(FIND_OLD);
  const called = (verdict: string) =>
    found.filter((each) => each.verdict === verdict).map(({ name }) => name);
  const first = called("first schema");
  if (first.length > 0) {
    throw new Problem(
      `The database has tables of the very first schema of the old system (${
        shorten(first)
      }), which can't be taken ` +
        "over. Nothing was changed. Rename them aside (create schema old_system; alter table … set schema " +
        "old_system;), run this again, and let the API bring the races.",
    );
  }
  const old = found.filter(({ verdict }) => verdict === "old");
  const unknown = called("unknown");
  const isOld = old.some(({ is_core }) => is_core);
  const foreign = isOld
    ? unknown
    : [...unknown, ...called("named alike"), ...called("ours"), ...old.map(({ name }) => name)];
  if (foreign.length > 0 && (isOld || isNew)) {
    throw new Problem(
      `The database has tables of another system (${
        shorten(foreign)
      }), which would be mixed with ours. Nothing was ` +
        "changed. Use a project of its own, or move them: create schema old_system; alter table … set schema " +
        "old_system;",
    );
  }
  return isOld ? summarize(old) : undefined;
}

function summarize(old: readonly Found[]): OldDatabase {
  const has = (name: string) => old.some((each) => each.name === name);
  const sum = (values: readonly (string | null)[]) =>
    values.reduce((all, value) => all + Number(value ?? 0), 0);
  const rows = (kind: string) => sum(old.filter((each) => each.kind === kind).map((each) => each.rows));
  return {
    era: has("ra_mst_races") || has("ra_mst_runners") ? "c" : has("ra_mst_horses") ? "b" : "a",
    tables: old.length,
    races: rows("races"),
    runners: rows("runners"),
    runnersWithCards: sum(old.map(({ with_cards }) => with_cards)),
    megabytes: sum(old.map(({ megabytes }) => megabytes)),
    databaseMegabytes: Number(old[0]?.database_megabytes ?? 0),
    rolesShutOut: [...new Set(old.flatMap(({ roles }) => roles ?? []))].sort(),
  };
}

function shorten(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}

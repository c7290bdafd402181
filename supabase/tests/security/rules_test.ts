import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { walk } from "../../../scripts/command_line/walk.ts";
import { connect, type Sql } from "../../../scripts/lab/platform/database.ts";
import type { Platform } from "../../../scripts/lab/platform/platform.ts";
import { startOpenProject } from "./support/open_project.ts";

/** Rules for every object of ours, whatever file creates it. */
let platform: Platform;
let sql: Sql;
Deno.test.beforeAll(async () => {
  platform = await startOpenProject();
  sql = connect(platform.adminUrl, { max: 1, name: "test" });
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await platform.stop();
});

const OURS = "in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)";
const SCHEMAS = fromFileUrl(new URL("../../schemas", import.meta.url));

async function names(query: string): Promise<string[]> {
  return (await sql.unsafe<{ name: string }[]>(query)).map(({ name }) => name).toSorted();
}

async function schemas(): Promise<string> {
  const files = (await Array.fromAsync(walk(SCHEMAS))).filter((path) => path.endsWith(".sql"));
  return (await Promise.all(files.map((path) => Deno.readTextFile(path)))).join("\n");
}

Deno.test("row level security is on for every table, also for those in engine", async () => {
  assertEquals(
    await names(`
      select c.oid::regclass::text as name from pg_catalog.pg_class as c
      where c.relnamespace ${OURS} and c.relkind in ('r', 'p') and not c.relrowsecurity
    `),
    [],
  );
});

Deno.test("there is no policy, so a mistaken grant gives nobody a row", async () => {
  assertEquals(
    await names(
      "select format('%s on %s', policyname, tablename) as name from pg_policies where schemaname in ('public', 'engine', 'racing')",
    ),
    [],
  );
});

/** A function of ours, and what may lead from it to another one. */
interface FunctionFacts {
  readonly name: string;
  readonly searchPath: string | null;
  readonly lends: boolean;
  readonly source: string;
}

/** The search path that a function with lent rights must have. */
const TEMPORARY_LAST = "pg_catalog, pg_temp";

/** Functions by name, and what a mention of a table or view leads to: its defaults, checks, triggers, and its query. */
async function whatLeadsWhere(): Promise<{ functions: FunctionFacts[]; relations: Map<string, string> }> {
  const functions = await sql<FunctionFacts[]>`
    select
      format('%s.%s', p.pronamespace::regnamespace, p.proname) as name,
      (
        select substr(setting, length('search_path=') + 1) from unnest(p.proconfig) as setting
        where setting like 'search_path=%'
      ) as "searchPath",
      p.prosecdef as lends,
      p.prosrc as source
    from pg_catalog.pg_proc as p
    where p.pronamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace)
    order by p.oid::regprocedure::text
  `;
  const relations = await sql<{ name: string; text: string }[]>`
    select
      format('%s.%s', c.relnamespace::regnamespace, c.relname) as name,
      concat_ws(
        ' ',
        case when c.relkind = 'v' then pg_get_viewdef(c.oid) end,
        (select string_agg(pg_get_expr(d.adbin, d.adrelid), ' ') from pg_catalog.pg_attrdef as d
          where d.adrelid = c.oid),
        (select string_agg(pg_get_constraintdef(k.oid), ' ') from pg_catalog.pg_constraint as k
          where k.conrelid = c.oid),
        (select string_agg(pg_get_triggerdef(t.oid), ' ') from pg_catalog.pg_trigger as t where t.tgrelid = c.oid)
      ) as text
    from pg_catalog.pg_class as c
    where c.relnamespace in ('public'::regnamespace, 'engine'::regnamespace, 'racing'::regnamespace) and c.relkind in ('r', 'p', 'v')
  `;
  return {
    functions: [...functions],
    relations: new Map(relations.map(({ name, text }) => [name, text])),
  };
}

/** The functions that one which lends its owner's rights is, calls, or makes run by what it writes and reads. */
function reachedWithLentRights(
  { functions, relations }: { functions: readonly FunctionFacts[]; relations: ReadonlyMap<string, string> },
): Set<string> {
  const reached = new Set<string>();
  const read = new Set<string>();
  const follow = (text: string) => {
    for (const [name] of text.matchAll(/\b(?:public|engine)\.\w+/g)) {
      visit(functions.filter((one) => one.name === name));
      const relation = relations.get(name);
      if (relation === undefined || read.has(name)) continue;
      read.add(name);
      follow(relation);
    }
  };
  const visit = (found: readonly FunctionFacts[]) => {
    for (const { name, source } of found) {
      if (reached.has(name)) continue;
      reached.add(name);
      follow(source);
    }
  };
  visit(functions.filter(({ lends }) => lends));
  return reached;
}

/**
 * An empty search path keeps tables, functions and operators of others away, but not types: temporary ones come first
 * unless pg_temp is named. The caller of a function that lends its owner's rights could run their own code with them,
 * as the check of a domain called `text` (temp_types_test.ts does it). So such a function, and whatever
 * it makes run, names pg_temp last. Operators and casts are no way in: neither is ever looked for in pg_temp, and
 * only the owner of a type can make a cast for it.
 *
 * For all others an empty path is enough. What runs with the rights of its caller gives attackers their own; and what
 * cron runs as postgres (sweep, watch, pulls, purge) has a session of its own each time, in which nobody else has
 * made a temporary type.
 */
Deno.test("the search path is empty, but of what runs with lent rights, where it keeps temporary types away", async () => {
  const facts = await whatLeadsWhere();
  const reached = reachedWithLentRights(facts);
  const wrong = facts.functions.filter(({ name, searchPath }) =>
    searchPath !== (reached.has(name) ? TEMPORARY_LAST : '""')
  );
  assertEquals(wrong.map(({ name, searchPath }) => `${name}: ${searchPath}`), []);
  assert(reached.has("engine.dispatch") && reached.has("engine.clock"), [...reached].join());
});

Deno.test("what runs with lent rights calls no function of an extension but pg_net's wake, which is written in C", async () => {
  const facts = await whatLeadsWhere();
  const reached = reachedWithLentRights(facts);
  const source = facts.functions.filter(({ name }) => reached.has(name)).map(({ source }) => source).join(
    "\n",
  );
  // Neither in comments nor in texts.
  const code = source.replaceAll(/--.*|'(?:[^']|'')*'/g, "");
  const called = code.match(/\b(?!public\.|engine\.|racing\.|pg_catalog\.)\w+\.\w+\(/g) ??
    [];
  assertEquals(new Set(called), new Set(["net.wake("]));
});

Deno.test("every view reads with the rights of its user", async () => {
  assertEquals(
    await names(`
      select c.oid::regclass::text as name from pg_catalog.pg_class as c
      where c.relnamespace ${OURS} and c.relkind in ('v', 'm')
        and not coalesce(c.reloptions @> array['security_invoker=true'], false)
    `),
    [],
  );
});

Deno.test("every function says whose rights it has, and one that lends its owner's has a written reason", async () => {
  const source = await schemas();
  const declared = source.match(/^create (or replace )?(function|procedure)/gm) ?? [];
  assertEquals((source.match(/^security (invoker|definer)$/gm) ?? []).length, declared.length);

  const definers = await names(`
    select format('%I.%I', p.pronamespace::regnamespace, p.proname) as name
    from pg_catalog.pg_proc as p where p.pronamespace ${OURS} and p.prosecdef
  `);
  for (const name of definers) {
    const [, comment = ""] =
      source.match(new RegExp(`((?:^--.*\\n)*)^create (?:or replace )?function ${name}\\(`, "m")) ?? [];
    assertMatch(
      comment,
      /^-- Security definer, (so that|because) /m,
      `${name} lends its owner's rights without a reason`,
    );
  }
});

Deno.test("everything of ours belongs to the role that runs the migrations, which is no superuser", async () => {
  assertEquals(
    await names(`
      select distinct owner::regrole::text as name
      from (
        select relowner as owner from pg_catalog.pg_class as c where c.relnamespace ${OURS}
        union all select proowner from pg_catalog.pg_proc as p where p.pronamespace ${OURS}
        union all select nspowner from pg_catalog.pg_namespace where nspname in ('engine', 'racing')
      ) as owners
    `),
    ["postgres"],
  );
  // On a server whose superuser is called postgres there is nothing to see.
  const [role] = await sql<{ rolsuper: boolean; rolname: string }[]>`
    select rolsuper, current_user as rolname from pg_catalog.pg_roles where rolname = 'postgres'
  `;
  assertEquals(role?.rolsuper, role?.rolname === "postgres");
});

Deno.test("every extension in a schema file names its schema, which is not public", async () => {
  const made = (await schemas()).match(/create extension [^;]*/g) ?? [];
  assertEquals(made.filter((statement) => !/ with schema (extensions|pg_catalog)$/.test(statement)), []);
});

Deno.test("nothing of ours is published, so no change of a row is replicated", async () => {
  assertEquals(
    await names(`
      select format('%s.%s', schemaname, tablename) as name from pg_catalog.pg_publication_tables
      where schemaname in ('public', 'engine', 'racing')
    `),
    [],
  );
});

Deno.test("over the API only the schemas public and racing are there, and none of the engine", async () => {
  const config = await Deno.readTextFile(new URL("../../config.toml", import.meta.url));
  assertEquals(config.match(/^schemas = .*$/gm), ['schemas = ["public", "racing"]']);
});

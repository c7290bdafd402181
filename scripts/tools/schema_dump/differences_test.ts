import { assertEquals } from "@std/assert";
import type postgres from "postgres";
import { connect, type Sql } from "../../lab/platform/database.ts";
import type { Platform } from "../../lab/platform/platform.ts";
import { startTestPlatform } from "../../lab/test_support/test_project.ts";
import { findDifferences, type Makers } from "./differences.ts";
import { readStatements, readStatementsIn, type SchemaStatement } from "./statements.ts";

const DATABASE = `
create schema engine;
create table public.horses (
  id integer generated always as identity primary key,
  name text not null default 'unnamed' check (name <> ''),
  seen_at timestamptz not null default now(),
  next_at timestamptz not null default '-infinity'
);
comment on table public.horses is 'Horses.';
comment on column public.horses.name is 'What it is called.';
comment on constraint horses_pkey on public.horses is 'One row each.';
insert into public.horses (name) values ('Arkle'), ('Kauto Star');
create index horses_by_name on public.horses (name);
create view public.names with (security_invoker = true) as select name from public.horses;
create function engine.count_horses() returns bigint language sql stable set search_path = '' as $$
  select count(*)
  from public.horses;
$$;
create function engine.watch() returns trigger language plpgsql as 'begin return new; end';
create trigger watch before insert on public.horses for each row execute function engine.watch();
select cron.schedule('count', '* * * * *', 'select engine.count_horses()');
`;

let platform: Platform;
let sql: Sql;
let before: SchemaStatement[];
Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({ migrations: { "0001_horses.sql": DATABASE } }, { functions: false });
  sql = connect(platform.databaseUrl, { max: 1, name: "test" });
  before = await readStatements(sql);
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await platform.stop();
});

class RollBack extends Error {}

/** What differs once the database was altered. */
async function differencesAfter(alteration: string): Promise<string[]> {
  let after: SchemaStatement[] = [];
  await sql.begin(async (transaction: postgres.TransactionSql) => {
    await transaction.unsafe(alteration);
    after = await readStatementsIn(transaction);
    throw new RollBack();
  }).catch((error) => {
    if (!(error instanceof RollBack)) throw error;
  });
  return findDifferences(before, after, ["one", "the other"]);
}

/** What is altered, how, and what is reported: the object, then the lines of both. */
const ALTERATIONS: readonly [what: string, alteration: string, object: string, one: string, other: string][] =
  [
    [
      "a comment on a table",
      "comment on table public.horses is 'Mares.'",
      "public.horses",
      "comment on table public.horses is 'Horses.';",
      "comment on table public.horses is 'Mares.';",
    ],
    [
      "a comment on a column",
      "comment on column public.horses.name is null",
      "public.horses",
      "comment on column public.horses.name is 'What it is called.';",
      "nothing of that",
    ],
    [
      "a comment on a constraint",
      "comment on constraint horses_pkey on public.horses is 'Each once.'",
      "public.horses",
      "comment on constraint horses_pkey on public.horses is 'One row each.';",
      "comment on constraint horses_pkey on public.horses is 'Each once.';",
    ],
    [
      "a comment on a function",
      "comment on function engine.count_horses() is 'How many.'",
      "engine.count_horses()",
      "nothing of that",
      "comment on function engine.count_horses() is 'How many.';",
    ],
    [
      "a comment on a trigger",
      "comment on trigger watch on public.horses is 'Looks.'",
      "public.horses",
      "nothing of that",
      "comment on trigger watch on public.horses is 'Looks.';",
    ],
    [
      "a comment on a view",
      "comment on view public.names is 'Names.'",
      "public.names",
      "nothing of that",
      "comment on view public.names is 'Names.';",
    ],
    [
      "a comment on the schema",
      "comment on schema engine is 'Inside.'",
      "schema engine",
      "nothing of that",
      "comment on schema engine is 'Inside.';",
    ],
    [
      "a grant on a table",
      "grant select on public.horses to anon",
      "public.horses",
      "nothing of that",
      "grant select on public.horses to anon;",
    ],
    [
      "a grant on a column",
      "grant update (name) on public.horses to service_role",
      "public.horses",
      "nothing of that",
      "grant update (name) on public.horses to service_role;",
    ],
    [
      "a grant on a function that everybody has by default",
      "revoke execute on function engine.count_horses() from public",
      "engine.count_horses()",
      "grant execute on function engine.count_horses() to public;",
      "nothing of that",
    ],
    [
      "a default",
      "alter table public.horses alter column name set default 'nameless'",
      "public.horses",
      "name text not null default 'unnamed'::text,",
      "name text not null default 'nameless'::text,",
    ],
    [
      "a constraint",
      "alter table public.horses drop constraint horses_name_check",
      "public.horses",
      "alter table public.horses add constraint horses_name_check CHECK ((name <> ''::text));",
      "nothing of that",
    ],
    [
      "a row",
      "update public.horses set name = 'Kauto' where name = 'Kauto Star'",
      "public.horses",
      'insert into public.horses: {"id": 2, "name": "Kauto Star", "next_at": "-infinity", "seen_at": "when it was made"}',
      'insert into public.horses: {"id": 2, "name": "Kauto", "next_at": "-infinity", "seen_at": "when it was made"}',
    ],
    [
      "a time that a row says",
      "update public.horses set next_at = 'infinity' where id = 1",
      "public.horses",
      'insert into public.horses: {"id": 1, "name": "Arkle", "next_at": "-infinity", "seen_at": "when it was made"}',
      'insert into public.horses: {"id": 1, "name": "Arkle", "next_at": "infinity", "seen_at": "when it was made"}',
    ],
    [
      "a function's body",
      `create or replace function engine.count_horses() returns bigint language sql stable set search_path = '' as $$
  select count(name)
  from public.horses;
$$`,
      "engine.count_horses()",
      "select count(*)",
      "select count(name)",
    ],
    [
      "whose rights a view reads with",
      "alter view public.names reset (security_invoker)",
      "public.names",
      "create view public.names with (security_invoker=true) as",
      "create view public.names as",
    ],
    [
      "an index",
      "drop index public.horses_by_name; create index horses_by_name on public.horses (name desc)",
      "public.horses",
      "CREATE INDEX horses_by_name ON public.horses USING btree (name);",
      "CREATE INDEX horses_by_name ON public.horses USING btree (name DESC);",
    ],
    [
      "a storage option of an index that a constraint made",
      "alter index public.horses_pkey set (fillfactor = 50)",
      "public.horses",
      "CREATE UNIQUE INDEX horses_pkey ON public.horses USING btree (id);",
      "CREATE UNIQUE INDEX horses_pkey ON public.horses USING btree (id) WITH (fillfactor='50');",
    ],
    [
      "a storage option of a table",
      "alter table public.horses set (autovacuum_enabled = false)",
      "public.horses",
      ");",
      ") with (autovacuum_enabled=false);",
    ],
    [
      "a trigger that is switched off",
      "alter table public.horses disable trigger watch",
      "public.horses",
      "CREATE TRIGGER watch BEFORE INSERT ON public.horses FOR EACH ROW EXECUTE FUNCTION engine.watch();",
      "CREATE TRIGGER watch BEFORE INSERT ON public.horses FOR EACH ROW EXECUTE FUNCTION engine.watch(); -- enabled: D",
    ],
    [
      "row level security",
      "alter table public.horses enable row level security",
      "public.horses",
      "alter table public.horses disable row level security;",
      "alter table public.horses enable row level security;",
    ],
    [
      "a cron job",
      "select cron.schedule('count', '5 * * * *', 'select engine.count_horses()')",
      "cron",
      "select cron.schedule('count', '* * * * *', 'select engine.count_horses()');",
      "select cron.schedule('count', '5 * * * *', 'select engine.count_horses()');",
    ],
  ];

for (const [what, alteration, object, one, other] of ALTERATIONS) {
  Deno.test(`two databases differ by ${what}`, async () => {
    assertEquals(await differencesAfter(alteration), [
      `${object}\n  by one: ${one}\n  by the other: ${other}`,
    ]);
  });
}

Deno.test("a row that is made at another moment is the same row", async () => {
  assertEquals(await differencesAfter("update public.horses set seen_at = now() - interval '2 seconds'"), []);
});

const MAKERS: Makers = ["one", "the other"];
const statement = (text: string, place = 0) => ({ object: "public.a", place, text });

Deno.test("findDifferences() finds none in statements that were read in another order", () => {
  const statements = [statement("a"), statement("b", 1), statement("c", 1)];
  assertEquals(findDifferences(statements, statements.toReversed(), MAKERS), []);
});

Deno.test("findDifferences() reports the first line that moved when only the order differs", () => {
  assertEquals(findDifferences([statement("a\nb\nc")], [statement("a\nc\nb")], MAKERS), [
    "public.a\n  by one: b\n  by the other: c",
  ]);
});

Deno.test("findDifferences() reports five lines of what only one database has, and how many more there are", () => {
  assertEquals(findDifferences([statement("a\nb\nc\nd\ne\nf\ng")], [], MAKERS), [
    "public.a\n  by one: a\n  by one: b\n  by one: c\n  by one: d\n  by one: e\n  by one: and 2 more lines\n" +
    "  by the other: nothing of that",
  ]);
});

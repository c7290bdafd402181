import { assertEquals, assertRejects } from "@std/assert";
import type { JSONValue, TransactionSql } from "postgres";
import type { Sql } from "../../scripts/lab/platform/database.ts";
import { claimed, ingest, start } from "./support/chunks.ts";
import { cardRace, cardRunner, horse, page, resultRunner } from "./support/pages.ts";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

type Row = Record<string, JSONValue>;

class RolledBack extends Error {}

/** Changes the schema, and rolls that back afterwards. */
async function inPassing(sql: Sql, work: (transaction: TransactionSql) => Promise<void>): Promise<void> {
  await assertRejects(
    () =>
      sql.begin(async (transaction) => {
        await work(transaction);
        throw new RolledBack();
      }),
    RolledBack,
  );
}

/** As a migration adds one. */
async function addColumn(
  sql: TransactionSql,
  column: { table: string; name: string; type: string; comment: string },
): Promise<void> {
  await sql.unsafe(`
    alter table public.${column.table} add column ${column.name} ${column.type};
    comment on column public.${column.table}.${column.name} is '${column.comment}';
    select engine.write_upserts();
  `);
}

async function upsert(sql: Sql | TransactionSql, name: string, ...rows: Row[]): Promise<void> {
  await sql.unsafe(`select engine.upsert_${name}($1::text::jsonb)`, [JSON.stringify(rows)]);
}

/** A race with one horse, to which runners come. */
async function bringRace(sql: TransactionSql): Promise<void> {
  await upsert(sql, "courses", { id: "crs_1", name: "Upper Sandbury", region_code: "gb", is_listed: false });
  await upsert(sql, "horses", horse("hrs_1"));
  await upsert(sql, "races", cardRace("rac_1"));
}

const card = (columns: Row) => cardRunner("rac_1", "hrs_1", columns);
const result = (columns: Row) => resultRunner("rac_1", "hrs_1", columns);

/** What a column of the only runner holds after each of these rows. */
async function follow(sql: TransactionSql, column: string, rows: Row[]): Promise<unknown[]> {
  const values: unknown[] = [];
  for (const row of rows) {
    await upsert(sql, "runners", row);
    const [runner] = await sql.unsafe(`select ${column} as value from ra_runners`);
    values.push(runner?.["value"]);
  }
  return values;
}

const LISTS: Record<string, Row> = {
  regions: { code: "gb", name: "Great Britain" },
  courses: { id: "crs_1", name: "Upper Sandbury", region_code: "gb", is_listed: true },
  bookmakers: { code: "spreadex", name: "Spread Ex", type: "spread" },
  sires: { id: "sir_1", name: "Night Clerk", last_seen_on: "2026-06-01" },
  dams: { id: "dam_1", name: "Moth", last_seen_on: "2026-06-01" },
  damsires: { id: "dsi_1", name: "Candle Maker", last_seen_on: "2026-06-01" },
  horses: horse("hrs_1"),
  jockeys: { id: "jky_1", name: "Bea Rein", last_seen_on: "2026-06-01" },
  trainers: { id: "trn_1", name: "Ada Quill", last_seen_on: "2026-06-01" },
  owners: { id: "own_1", name: "The Blotters", last_seen_on: "2026-06-01" },
  races: cardRace("rac_1"),
  runners: cardRunner("rac_1", "hrs_1"),
  odds: { race_id: "rac_1", horse_id: "hrs_1", bookmaker_code: "spreadex", decimal: 4.5 },
};

Deno.test("a key that is no column is refused in every list, with table and key, and nothing is stored", async () => {
  await start(db.sql, "2026-06-01", "2026-06-07", { feeds: ["racecards"], reprocess: "all" });
  const held = await claimed(db.worker, "racecards");
  for (const [list, row] of Object.entries(LISTS)) {
    const odd = { ...row, nmae: null };
    const rows = page({ before: ["2026-06-01", 0], after: ["2026-06-02", 0] }, {
      ...toLists(LISTS),
      [list]: [odd],
    });
    const error = await assertRejects(
      () => ingest(db.worker, held, rows),
      Error,
      'bring what it does not take: "nmae"',
    );
    assertEquals((error as { code?: string }).code, "22023");
    const table = list === "odds"
      ? "ra_runner_odds"
      : /^(races|runners)$/.test(list)
      ? `ra_${list}`
      : `ra_mst_${list}`;
    assertEquals(error.message, `Rows for ${table} bring what it does not take: "nmae"`);
  }
  const [stored] = await db.sql`
    select (select count(*)::integer from ra_mst_courses) as courses, (select count(*)::integer from ra_races) as races
  `;
  assertEquals({ ...stored }, { courses: 0, races: 0 });
  await ingest(
    db.worker,
    held,
    page({ before: ["2026-06-01", 0], after: ["2026-06-02", 0] }, toLists(LISTS)),
  );
  assertEquals((await db.sql`select from ra_runner_odds`).length, 1);
});

function toLists(rows: Record<string, Row>): Row {
  return Object.fromEntries(Object.entries(rows).map(([list, row]) => [list, [row]]));
}

Deno.test("a column that SQL fills itself is not taken from a page", async () => {
  await inPassing(db.sql, async (sql) => {
    await assertRejects(
      () => sql.savepoint((inner) => upsert(inner, "races", cardRace("rac_1", { card_date: "2026-06-01" }))),
      Error,
      'Rows for ra_races bring what it does not take: "card_date"',
    );
    await assertRejects(
      () =>
        sql.savepoint((inner) =>
          upsert(inner, "sires", { ...LISTS["sires"], created_at: null, horse_id: "hrs_1" })
        ),
      Error,
      'Rows for ra_mst_sires bring what it does not take: "created_at", "horse_id"',
    );
  });
});

Deno.test("a new column of cards is merged by its owner's rule: a card's newer word stands, a result leaves it", async () => {
  await inPassing(db.sql, async (sql) => {
    await addColumn(sql, {
      table: "ra_runners",
      name: "paddock_note",
      type: "text",
      comment: "Card. As sent.",
    });
    await bringRace(sql);
    assertEquals(
      await follow(sql, "paddock_note", [
        card({ paddock_note: "Calm" }),
        result({}),
        card({ paddock_note: null }),
        card({ paddock_note: "Sweating" }),
      ]),
      ["Calm", "Calm", "Calm", "Sweating"],
    );
  });
});

Deno.test("a new column of both feeds is merged by its owner's rule: a result's word stands against a later card", async () => {
  await inPassing(db.sql, async (sql) => {
    await addColumn(sql, { table: "ra_runners", name: "boots", type: "text", comment: "Both. As sent." });
    await bringRace(sql);
    assertEquals(
      await follow(sql, "boots", [
        card({ boots: "front" }),
        result({ boots: "all" }),
        card({ boots: "hind" }),
        result({ boots: null }),
      ]),
      ["front", "all", "all", "all"],
    );
  });
});

Deno.test("a new flag of results that is never null is left alone by cards", async () => {
  await inPassing(db.sql, async (sql) => {
    await addColumn(sql, {
      table: "ra_runners",
      name: "was_hampered",
      type: "boolean not null default false",
      comment: "Result. As sent.",
    });
    await bringRace(sql);
    assertEquals(
      await follow(sql, "was_hampered", [
        card({}),
        result({ was_hampered: true }),
        card({}),
        result({ was_hampered: false }),
      ]),
      [false, true, true, false],
    );
  });
});

Deno.test("a new column of horses that only cards give goes by the newest card, even if a newer result leaves it out", async () => {
  await inPassing(db.sql, async (sql) => {
    await addColumn(sql, {
      table: "ra_mst_horses",
      name: "markings",
      type: "text",
      comment: "Card. As sent.",
    });
    const seen = (day: string, markings: string | null, feed: "card" | "result") =>
      horse("hrs_1", { last_seen_on: day, card_seen_on: feed === "card" ? day : null, markings });
    const values: unknown[] = [];
    for (
      const row of [
        seen("2026-06-02", "Star", "card"),
        seen("2026-06-05", null, "result"),
        seen("2026-06-01", "Snip", "card"),
        seen("2026-06-03", "Blaze", "card"),
      ]
    ) {
      await upsert(sql, "horses", row);
      const [known] = await sql`select markings, last_seen_on::text, card_seen_on::text from ra_mst_horses`;
      values.push(Object.values(known ?? {}));
    }
    assertEquals(values, [
      ["Star", "2026-06-02", "2026-06-02"],
      ["Star", "2026-06-05", "2026-06-02"],
      ["Star", "2026-06-05", "2026-06-02"],
      ["Blaze", "2026-06-05", "2026-06-03"],
    ]);
  });
});

Deno.test("a column whose comment names no owner is refused with what to write", async () => {
  await inPassing(db.sql, async (sql) => {
    const error = await assertRejects(
      () => addColumn(sql, { table: "ra_runners", name: "boots", type: "text", comment: "As sent." }),
      Error,
      "The comment does not say who owns ra_runners.boots",
    );
    assertEquals(
      (error as { hint?: string }).hint,
      'Begin its comment with the feed that fills it, "Card. ", "Result. " or "Both. "; then: ' +
        "select engine.write_upserts();",
    );
  });
});

Deno.test("a column of cards in a table that does not tell cards from results is refused", async () => {
  await inPassing(db.sql, async (sql) => {
    await assertRejects(
      () =>
        addColumn(sql, { table: "ra_mst_owners", name: "colours", type: "text", comment: "Card. As sent." }),
      Error,
      "Nothing says which feed a row comes from that brings ra_mst_owners.colours",
    );
  });
});

Deno.test("an exception for a column that is not there is refused", async () => {
  for (
    const [table, exception, column] of [
      ["ra_races", `together => '[["prize_amount", "prize_curency"]]'`, "prize_curency"],
      ["ra_runners", `instead_of => '{"owner_name": "owner_key"}'`, "owner_key"],
      ["ra_runners", `instead_of => '{"owners_name": "owner_id"}'`, "owners_name"],
    ]
  ) {
    await inPassing(db.sql, async (sql) => {
      await assertRejects(
        () => sql.unsafe(`select engine.write_upsert('${table}', ${exception})`),
        Error,
        `${table} has no column ${column}`,
      );
    });
  }
});

Deno.test("an exception for a name whose id says nothing of it is refused", async () => {
  const refuses = (sql: TransactionSql, exception: string) =>
    assertRejects(
      () =>
        sql.savepoint((inner) =>
          inner.unsafe(`select engine.write_upsert('ra_runners', instead_of => '${exception}')`)
        ),
      Error,
      "The id of ra_runners refers to no table with a name",
    );
  await inPassing(db.sql, async (sql) => {
    await refuses(sql, '{"owner_name": "number"}');
    await refuses(sql, '{"owner_name": "race_id"}');
  });
});

Deno.test("rows of a page are written at one time, which is that of both columns", async () => {
  await db.sql`
    insert into ra_mst_courses (id, name, region_code, is_listed) values ('crs_1', 'Upper Sandbury', 'gb', false)
  `;
  const rows = Array.from({ length: 5 }, (_, nth) => cardRace(`rac_${nth}`));
  await db.admin.begin(async (sql) => {
    // Time that goes on by itself, in large steps.
    await sql`create sequence engine.steps`;
    await sql.unsafe(`
      create or replace function engine.clock() returns timestamptz language sql volatile
      as $$ select timestamptz '2026-06-15 12:00+00' + nextval('engine.steps') * interval '1 minute' $$
    `);
    await sql`select engine.upsert_races(${sql.json(rows)})`;
    const [times] = await sql`
      select count(distinct t.at)::integer as times
      from ra_races as race, unnest(array[race.created_at, race.updated_at]) as t (at)
    `;
    assertEquals(times?.["times"], 1);
    throw new RolledBack();
  }).catch((error) => {
    if (!(error instanceof RolledBack)) throw error;
  });
});

Deno.test("writing the upserts again changes nothing, and only the role that owns them may", async () => {
  const texts = () =>
    db.sql`
      select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as text, p.proacl::text as rights,
        obj_description(p.oid, 'pg_proc') as comment
      from pg_catalog.pg_proc as p
      where p.pronamespace = 'engine'::regnamespace and p.proname like 'upsert%' order by 1
    `;
  const before = [...await texts()];
  await db.sql`select engine.write_upserts()`;
  assertEquals([...await texts()], before);
  await assertRejects(() => db.worker`select engine.write_upserts()`, Error, "permission denied");
});

Deno.test("a master row that brings nothing new is not even locked", async () => {
  const masters = [
    "sires",
    "dams",
    "damsires",
    "horses",
    "jockeys",
    "trainers",
    "owners",
    "courses",
    "bookmakers",
  ];
  const bring = async () => {
    for (const list of masters) await upsert(db.sql, list, LISTS[list] ?? {});
  };
  // A lock of a transaction that has ended still stands in the row's xmax.
  const locks = async () => {
    const found: string[] = [];
    for (const list of masters) {
      const [row] = await db.sql.unsafe(`select xmax::text, updated_at::text from ra_mst_${list}`);
      found.push(`${list}: ${row?.["xmax"]}, ${row?.["updated_at"]}`);
    }
    return found;
  };
  await bring();
  const before = await locks();
  await db.passTime("1 day");
  await bring();
  assertEquals(await locks(), before);
});

Deno.test("a column that Postgres generates needs no owner, is not to be had from a page, and stands in no upsert", async () => {
  await inPassing(db.sql, async (sql) => {
    await sql.unsafe(`
      alter table ra_runners
        add column was_ridden boolean generated always as (jockey_id is not null) stored,
        add column nth bigint generated always as identity;
      select engine.write_upserts();
    `);
    await bringRace(sql);
    assertEquals(await follow(sql, "was_ridden", [card({})]), [false]);
    await assertRejects(
      () => sql.savepoint((inner) => upsert(inner, "runners", card({ was_ridden: true }))),
      Error,
      'Rows for ra_runners bring what it does not take: "was_ridden"',
    );
  });
});

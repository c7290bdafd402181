import { assertEquals, assertRejects } from "@std/assert";
import type { JSONValue } from "postgres";
import { startTestDatabase, type TestDatabase } from "./support/test_database.ts";
import { cardRace, cardRunner, horse, resultRace, resultRunner } from "./support/pages.ts";

let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(async () => {
  await db.reset();
  for (const [name, rows] of Object.entries(MASTERS)) await upsert(name, ...rows);
});

type Row = Record<string, JSONValue>;

const seen = { last_seen_on: "2026-06-01" };
const MASTERS: Record<string, Row[]> = {
  courses: [{ id: "crs_1", name: "Upper Sandbury", region_code: "gb", is_listed: false }],
  jockeys: [{ id: "jky_1", name: "Bea Rein", ...seen }],
  trainers: [{ id: "trn_1", name: "Ada Quill", ...seen }],
  owners: [{ id: "own_1", name: "The Blotters", ...seen }],
  sires: [{ id: "sir_1", name: "Night Clerk", ...seen }],
  dams: [{ id: "dam_1", name: "Moth", ...seen }],
  damsires: [{ id: "dsi_1", name: "Candle Maker", ...seen }],
};

/** A pull of the race's only runner, from a card or a result. */
interface Pull {
  readonly feed: "racecards" | "results";
  readonly runner?: Row;
  readonly horse?: Row;
}

let races = 0;

/** A new race with a new horse, to which these pulls come one after the other. */
async function pull(...pulls: Pull[]): Promise<string> {
  const id = `rac_${++races}`;
  const horseId = `hrs_${races}`;
  for (const { feed, runner = {}, horse: parents = {} } of pulls) {
    const [race, row] = feed === "racecards"
      ? [cardRace(id), cardRunner(id, horseId, runner)]
      : [resultRace(id), resultRunner(id, horseId, runner)];
    await upsert("horses", horse(horseId, parents));
    await upsert("races", race);
    await upsert("runners", row);
  }
  return id;
}

async function upsert(name: string, ...rows: Row[]): Promise<void> {
  await db.sql.unsafe(`select engine.upsert_${name}($1::text::jsonb)`, [JSON.stringify(rows)]);
}

const KINDS = [
  { name: "owner", id: "own_1", master: "The Blotters", key: "runner" },
  { name: "trainer", id: "trn_1", master: "Ada Quill", key: "runner" },
  { name: "jockey", id: "jky_1", master: "Bea Rein", key: "runner" },
  { name: "sire", id: "sir_1", master: "Night Clerk", key: "horse" },
  { name: "dam", id: "dam_1", master: "Moth", key: "horse" },
  { name: "damsire", id: "dsi_1", master: "Candle Maker", key: "horse" },
] as const;

/** What is kept of a person or parent: the id, the name beside it, and what a question by name finds. */
async function kept({ name, key }: (typeof KINDS)[number], race: string): Promise<unknown[]> {
  const [row] = await db.sql.unsafe(
    `
    select ${key}.${name}_id as id, ${key}.${name}_name as alone, named.${name}_name as found
    from ra_runners as runner
    join ra_mst_horses as horse on horse.id = runner.horse_id
    join ra_runner_names as named using (race_id, horse_id)
    where runner.race_id = $1
    `,
    [race],
  );
  return [row?.["id"], row?.["alone"], row?.["found"]];
}

function orders<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]];
  return list.flatMap((first, at) => orders(list.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}

Deno.test("a name without an id is kept, and a question by name finds it", async () => {
  for (const kind of KINDS) {
    const name = "C J & H J O'Inkwell";
    const alone = { [kind.key]: { [`${kind.name}_name`]: name } };
    for (const feed of ["racecards", "results"] as const) {
      // A pull that names nobody takes nothing away.
      for (const pulls of [[{ feed, ...alone }], [{ feed, ...alone }, { feed }]]) {
        assertEquals(await kept(kind, await pull(...pulls)), [null, name, name]);
      }
    }
  }
});

Deno.test("once any pull brings the id of that name, it stands and the name goes, in any order of pulls", async () => {
  for (const kind of KINDS) {
    const alone = { [kind.key]: { [`${kind.name}_name`]: kind.master.toUpperCase().replace(" ", "  ") } };
    const known = { [kind.key]: { [`${kind.name}_id`]: kind.id } };
    const pulls: Pull[] = [
      { feed: "results", ...alone },
      { feed: "racecards", ...known },
      { feed: "racecards", ...alone },
    ];
    for (const order of orders(pulls)) {
      assertEquals(await kept(kind, await pull(...order)), [kind.id, null, kind.master]);
    }
  }
});

Deno.test("a result's name without an id takes the place of a card's id of somebody else, in any order of pulls", async () => {
  for (const kind of KINDS.filter(({ key }) => key === "runner")) {
    const pulls: Pull[] = [
      { feed: "racecards", runner: { [`${kind.name}_id`]: kind.id } },
      { feed: "results", runner: { [`${kind.name}_name`]: "Another Name" } },
    ];
    for (const order of orders(pulls)) {
      const again: Pull = { feed: "results" };
      assertEquals(await kept(kind, await pull(...order, again)), [null, "Another Name", "Another Name"]);
    }
  }
});

Deno.test("of two cards, the newer one says who it was: by name or by id", async () => {
  for (const kind of KINDS.filter(({ key }) => key === "runner")) {
    const alone: Pull = { feed: "racecards", runner: { [`${kind.name}_name`]: "Another Name" } };
    const known: Pull = { feed: "racecards", runner: { [`${kind.name}_id`]: kind.id } };
    assertEquals(await kept(kind, await pull(known, alone)), [null, "Another Name", "Another Name"]);
    assertEquals(await kept(kind, await pull(alone, known)), [kind.id, null, kind.master]);
  }
});

Deno.test("a result that is pulled again without an id keeps it, in any order, though its master is renamed since", async () => {
  for (const kind of KINDS.filter(({ key }) => key === "runner")) {
    const alone: Pull = { feed: "results", runner: { [`${kind.name}_name`]: kind.master } };
    const known: Pull = { feed: "results", runner: { [`${kind.name}_id`]: kind.id } };
    await upsert(`${kind.name}s`, { id: kind.id, name: "Renamed Since", last_seen_on: "2026-07-01" });
    for (const order of orders([known, alone])) {
      assertEquals(await kept(kind, await pull(...order)), [kind.id, null, "Renamed Since"]);
    }
  }
});

Deno.test("a result's id stands against a name that a card gives alone, in any order of pulls", async () => {
  for (const kind of KINDS.filter(({ key }) => key === "runner")) {
    const pulls: Pull[] = [
      { feed: "racecards", runner: { [`${kind.name}_name`]: "Another Name" } },
      { feed: "results", runner: { [`${kind.name}_id`]: kind.id } },
    ];
    for (const order of orders(pulls)) {
      assertEquals(await kept(kind, await pull(...order)), [kind.id, null, kind.master]);
    }
  }
});

Deno.test("of a parent, the newer day says who it was, and of one day the id stands, in any order of pulls", async () => {
  for (const kind of KINDS.filter(({ key }) => key === "horse")) {
    const alone = (day: string): Pull => (
      { feed: "results", horse: { [`${kind.name}_name`]: "Another Name", last_seen_on: day } }
    );
    const known = (day: string): Pull => (
      { feed: "results", horse: { [`${kind.name}_id`]: kind.id, last_seen_on: day } }
    );
    const outcomes: [Pull[], unknown[]][] = [
      [[known("2026-06-01"), alone("2026-06-02")], [null, "Another Name", "Another Name"]],
      [[known("2026-06-02"), alone("2026-06-01")], [kind.id, null, kind.master]],
      [[known("2026-06-01"), alone("2026-06-01")], [kind.id, null, kind.master]],
    ];
    for (const [pulls, outcome] of outcomes) {
      for (const order of orders(pulls)) {
        assertEquals(await kept(kind, await pull(...order)), outcome);
      }
    }
  }
});

Deno.test("of two names without an id, the result's stands, even over a card pulled later", async () => {
  const pulls: Pull[] = [
    { feed: "racecards", runner: { owner_name: "On The Card" } },
    { feed: "results", runner: { owner_name: "In The Result" } },
  ];
  for (const order of orders(pulls)) {
    assertEquals(await kept(KINDS[0], await pull(...order)), [null, "In The Result", "In The Result"]);
  }
});

Deno.test("a row with an id and a name beside it is refused", async () => {
  await pull({ feed: "results" });
  for (const { name, id, key } of KINDS) {
    const table = key === "horse" ? "ra_mst_horses" : "ra_runners";
    await assertRejects(
      () => db.sql.unsafe(`update ${table} set ${name}_id = '${id}', ${name}_name = 'Some Name'`),
      Error,
      `${table}_${name}_once`,
    );
  }
});

Deno.test("an amount in an unknown currency is kept; a currency without an amount is refused", async () => {
  await pull({ feed: "results", runner: { prize_amount: 5000, prize_currency: null } });
  assertEquals([...await db.sql`select prize_amount::float8 as amount, prize_currency from ra_runners`], [
    { amount: 5000, prize_currency: null },
  ]);
  await assertRejects(
    () => db.sql`update ra_runners set prize_amount = null, prize_currency = 'GBP'`,
    Error,
    "ra_runners_currency_has_amount",
  );
});

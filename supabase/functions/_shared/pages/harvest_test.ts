import { assertEquals } from "@std/assert";
import type { RunnerEntities } from "./entities.ts";
import { harvest } from "./harvest.ts";

function entities(fields: Partial<RunnerEntities>): RunnerEntities {
  const horse = {
    id: "hrs_1",
    name: "Wet Ink",
    region_code: null,
    dob: null,
    sex: null,
    sex_code: null,
    colour: null,
    breeder: null,
    sire_id: null,
    sire_name: null,
    dam_id: null,
    dam_name: null,
    damsire_id: null,
    damsire_name: null,
    last_seen_on: "2025-10-14",
    card_seen_on: null,
  };
  return {
    horse,
    sire: null,
    dam: null,
    damsire: null,
    jockey: null,
    trainer: null,
    owner: null,
    bookmakers: [],
    ...fields,
  };
}

function owner(id: string, name: string | null, last_seen_on: string) {
  return entities({ owner: { id, name, last_seen_on } });
}

Deno.test("harvest() has one row an id, sorted by id", () => {
  const runners = [
    owner("own_2", "B", "2025-10-14"),
    owner("own_10", "C", "2025-10-14"),
    owner("own_2", "B", "2025-10-14"),
  ];
  assertEquals(harvest([], runners).owners.map((row) => row.id), ["own_10", "own_2"]);
});

Deno.test("harvest() takes the name of the newest day, and a known one rather than none", () => {
  const runners = [
    owner("own_1", "New", "2025-10-14"),
    owner("own_1", "Old", "2025-10-01"),
    owner("own_1", null, "2025-10-15"),
  ];
  assertEquals(harvest([], runners).owners, [{ id: "own_1", name: "New", last_seen_on: "2025-10-15" }]);
});

Deno.test("harvest() keeps the greater of two names of one day, in either order, as the database does", () => {
  const [abe, zed] = [owner("own_1", "Abe", "2025-10-14"), owner("own_1", "Zed", "2025-10-14")];
  for (const runners of [[abe, zed], [zed, abe]]) {
    assertEquals(harvest([], runners).owners, [{ id: "own_1", name: "Zed", last_seen_on: "2025-10-14" }]);
  }
});

Deno.test("harvest() compares names by code point, as the database does", () => {
  const names = ["de Lacy", "Zed", "Émile", "\u{1F40E}", "\uFFFD"];
  for (const order of [names, names.toReversed()]) {
    const runners = order.map((name) => owner("own_1", name, "2025-10-14"));
    assertEquals(harvest([], runners).owners.map(({ name }) => name), ["\u{1F40E}"]);
    assertEquals(
      harvest([], runners.filter((runner) => (runner.owner?.name?.charCodeAt(0) ?? 0) < 0x80)).owners.map((
        row,
      ) => row.name),
      ["de Lacy"],
    );
  }
});

Deno.test("harvest() drops the name of a parent once another run brings the id", () => {
  const { horse } = entities({});
  const [named, known] = [{ ...horse, sire_name: "Night Clerk" }, { ...horse, sire_id: "sir_1" }];
  for (const order of [[named, known], [known, named]]) {
    const { horses } = harvest([], order.map((horse) => entities({ horse })));
    assertEquals(horses.map(({ sire_id, sire_name }) => [sire_id, sire_name]), [["sir_1", null]]);
  }
});

Deno.test("harvest() has one bookmaker for all spellings of its name", () => {
  const runners = [
    entities({ bookmakers: ["Spread Ex", "Some Exchange"] }),
    entities({ bookmakers: ["Spreadex", "??"] }),
  ];
  assertEquals(harvest([], runners).bookmakers, [
    { code: "someexchange", name: "Some Exchange", type: "exchange" },
    { code: "spreadex", name: "Spread Ex", type: "unknown" },
  ]);
});

Deno.test("harvest() keeps the name of a course that a later race leaves out", () => {
  const course = { id: "crs_1", region_code: "gb", is_listed: false };
  assertEquals(harvest([{ ...course, name: "Penshire" }, { ...course, name: null }], []).courses, [
    { ...course, name: "Penshire" },
  ]);
});

Deno.test("harvest() takes the id of a parent away once a newer run names another one without an id, as the database does", () => {
  const { horse } = entities({});
  const sire = { id: "sir_1", name: "Night Clerk", region_code: null, last_seen_on: "2025-10-14" };
  const known = entities({ horse: { ...horse, sire_id: "sir_1" }, sire });
  const named = (sire_name: string, last_seen_on: string) =>
    entities({ horse: { ...horse, sire_name, last_seen_on } });
  const outcomes: [RunnerEntities, unknown[]][] = [
    [named("Day Clerk", "2025-10-15"), [null, "Day Clerk"]],
    [named("NIGHT  CLERK", "2025-10-15"), ["sir_1", null]],
    [named("Day Clerk", "2025-10-13"), ["sir_1", null]],
    [named("Day Clerk", "2025-10-14"), ["sir_1", null]],
  ];
  for (const [other, outcome] of outcomes) {
    for (const order of [[known, other], [other, known]]) {
      const { horses } = harvest([], order);
      assertEquals(horses.map(({ sire_id, sire_name }) => [sire_id, sire_name]), [outcome]);
    }
  }
});

import { assertEquals } from "@std/assert";
import { readProfiles } from "./read_profiles.ts";

const PROFILE = {
  id: "hrs_7",
  breeder: "A Stud",
  colour: "b",
  colour_code: "B",
  dam: "Some Mare (IRE)",
  dam_id: "dam_2",
  damsire: "Some Stallion (GB)",
  damsire_id: "dsi_3",
  dob: "2011-06-19",
  name: "Somebody (IRE)",
  sex: "gelding",
  sex_code: "G",
  sire: "Another (GB)",
  sire_id: "sir_1",
};

const read = (body: unknown) => readProfiles([{ id: "hrs_7", seenOn: "2019-05-04", body }]);

Deno.test("a profile becomes a horse with its parents, older than the horse's first run and every card", () => {
  const rows = read(PROFILE);
  assertEquals(rows.horses, [{
    id: "hrs_7",
    name: "Somebody",
    region_code: "ire",
    dob: "2011-06-19",
    sex: "gelding",
    sex_code: "G",
    colour: "b",
    breeder: "A Stud",
    sire_id: "sir_1",
    sire_name: null,
    dam_id: "dam_2",
    dam_name: null,
    damsire_id: "dsi_3",
    damsire_name: null,
    last_seen_on: "2019-05-03",
    card_seen_on: null,
  }]);
  assertEquals(rows.damsires, [{
    id: "dsi_3",
    name: "Some Stallion",
    region_code: "gb",
    last_seen_on: "2019-05-03",
  }]);
  assertEquals([rows.sires.length, rows.dams.length, rows.rejects, rows.unknown_fields], [1, 1, [], []]);
  assertEquals(rows.asked, [{ id: "hrs_7", is_known: true }]);
});

Deno.test("a horse without a profile is only noted", () => {
  assertEquals([read(null).horses, read(null).asked], [[], [{ id: "hrs_7", is_known: false }]]);
});

Deno.test("a value that can't be read is noted with its horse, and a new field is counted", () => {
  const rows = read({ ...PROFILE, dob: "2011-02-30", breeder: "-", trainer: "Somebody" });
  assertEquals([rows.horses[0]?.dob, rows.horses[0]?.breeder], [null, null]);
  assertEquals(rows.rejects.map(({ kind, horse_id, path }) => ({ kind, horse_id, path })), [
    { kind: "value", horse_id: "hrs_7", path: "dob" },
  ]);
  assertEquals(rows.unknown_fields, [{
    object: "horse",
    field: "trainer",
    seen: 1,
    first_value: '"Somebody"',
    newest_value: '"Somebody"',
  }]);
});

Deno.test("a body that is no profile of that horse is a reject, and nobody knows whether the API knows the horse", () => {
  const { id: _, ...withoutId } = PROFILE;
  const reasons: Record<string, unknown> = {
    "It is not an object.": ["hello"],
    "id is missing.": withoutId,
    "id is not hrs_7, which was asked for.": { ...PROFILE, id: "hrs_8" },
  };
  for (const [reason, body] of Object.entries(reasons)) {
    const rows = read(body);
    assertEquals(rows.rejects.map((reject) => [reject.kind, reject.horse_id, reject.reason]), [
      ["horse", "hrs_7", reason],
    ]);
    assertEquals([rows.horses, rows.asked], [[], [{ id: "hrs_7", is_known: null }]]);
  }
});

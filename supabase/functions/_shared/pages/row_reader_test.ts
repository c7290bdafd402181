import { assertEquals } from "@std/assert";
import { known, misread, MISSING } from "../values/reading.ts";
import { RowReader } from "./row_reader.ts";
import type { Reject } from "./rows.ts";

/** What a reader of the fourth runner of a race returns, and what it notes. */
function readWith<T>(use: (read: RowReader) => T): { value: T; rejects: Reject[] } {
  const rejects: Reject[] = [];
  const place = { race_id: "rac_1", horse_id: "hrs_4", race_date: "2025-10-14", prefix: "runners[3]." };
  return { value: use(new RowReader(place, rejects)), rejects };
}

const noted = (path: string, reason: string, value: string | null): Reject => ({
  kind: "value",
  race_id: "rac_1",
  horse_id: "hrs_4",
  race_date: "2025-10-14",
  reason,
  path: `runners[3].${path}`,
  raw: { value },
});

Deno.test("a value that was understood is taken, and nothing is noted", () => {
  assertEquals(readWith((read) => read.take("draw", "7", known(7))), { value: 7, rejects: [] });
});

Deno.test("a value that the feed does not have is null, and nothing is noted", () => {
  assertEquals(readWith((read) => read.take("draw", "-", MISSING)), { value: null, rejects: [] });
});

Deno.test("a value that was misread is null, and noted with what was sent", () => {
  assertEquals(readWith((read) => read.take("draw", "abc", misread("is not a number"))), {
    value: null,
    rejects: [noted("draw", "draw is not a number.", "abc")],
  });
});

Deno.test("a misread value that leaves the rest of its reading is noted too", () => {
  const reading = { value: { id: null, name: "Bea Rein" }, problem: "is longer than 200 characters" };
  assertEquals(readWith((read) => read.take("jockey_id", "jky", reading)), {
    value: { id: null, name: "Bea Rein" },
    rejects: [noted("jockey_id", "jockey_id is longer than 200 characters.", "jky")],
  });
});

Deno.test("a field of the wrong kind is noted as misread", () => {
  const { rejects } = readWith((read) => read.noteSetAside([{ field: "draw", sent: "seven" }]));
  assertEquals(rejects, [noted("draw", "draw is of a kind that cannot be read.", "seven")]);
});

Deno.test("what is missing where it should not be is noted with what speaks for it, not with a value", () => {
  const { rejects } = readWith((read) => read.noteMissing("trainer_id", "Ada Quill", "trainer has a name"));
  assertEquals(rejects, [
    noted("trainer_id", "trainer_id is missing although trainer has a name.", "Ada Quill"),
  ]);
});

import { assertEquals } from "@std/assert";
import { z } from "zod";
import { elementParser, type ParsedElement } from "./element_parser.ts";
import { UnknownFields } from "./unknown_fields.ts";

const runner = z.looseObject({ horse_id: z.string(), quotes: z.array(z.unknown()).nullish() });

function parse(raw: unknown): ParsedElement<z.infer<typeof runner>> {
  return elementParser("card_runner", runner, (fields) => fields)(raw, new UnknownFields());
}

Deno.test("elementParser() sets a field of an unreadable kind aside, and reads the rest", () => {
  for (const sent of ["none yet", 7, {}, false]) {
    assertEquals(parse({ horse_id: "hrs_1", quotes: sent }), {
      ok: true,
      element: { horse_id: "hrs_1", quotes: null },
      setAside: [{ field: "quotes", sent }],
    });
  }
});

Deno.test("elementParser() takes a list that is sent as a blank text for missing, and sets nothing aside", () => {
  for (const sent of ["", " ", "-", "–"]) {
    assertEquals(parse({ horse_id: "hrs_1", quotes: sent }), {
      ok: true,
      element: { horse_id: "hrs_1", quotes: null },
      setAside: [],
    });
  }
});

Deno.test("elementParser() refuses an element without what its row cannot exist without", () => {
  assertEquals(parse({ quotes: [] }), { ok: false, field: "horse_id", reason: "horse_id is missing." });
  assertEquals(parse({ horse_id: {} }), {
    ok: false,
    field: "horse_id",
    reason: "horse_id is of a kind that cannot be read.",
  });
  assertEquals(parse(["hrs_1"]), { ok: false, field: null, reason: "It is not an object." });
});

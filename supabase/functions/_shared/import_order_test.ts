import { assertEquals } from "@std/assert";
import { importsAgainst, readImportGraph } from "../../tests/support/import_graph.ts";

/**
 * The folders and files of `_shared`. Each may import, types included, only what is listed above it. The first ones
 * (database types, time, text) know nothing of racing; `worker`, the last, knows everything.
 */
const ORDER = [
  "database_types.ts",
  "clock.ts",
  "time_sheet.ts",
  "redact.ts",
  "log.ts",
  "values",
  "racing_api",
  "missing_setting_error.ts",
  "environment.ts",
  "pages",
  "legacy",
  "worker",
];

const graph = await readImportGraph(new URL("./", import.meta.url));

Deno.test("every folder and file of _shared has its place in the order", () => {
  assertEquals([...graph.keys()].sort(), [...ORDER].sort());
});

Deno.test("files in _shared import only what is above them in the order", () => {
  assertEquals(importsAgainst(ORDER, graph), []);
});

Deno.test("type imports and imports over several lines count too", () => {
  assertEquals(graph.get("worker")?.has("pages"), true);
  assertEquals(graph.get("racing_api")?.has("clock.ts"), true);
  assertEquals(graph.get("pages")?.has("racing_api"), true);
});

Deno.test("an import against the order is found between any two of them", () => {
  const back = new Map(graph).set("values", new Set(["pages"])).set("redact.ts", new Set(["environment.ts"]));
  assertEquals(importsAgainst(ORDER, back).sort(), [
    "redact.ts imports environment.ts",
    "values imports pages",
  ]);
});

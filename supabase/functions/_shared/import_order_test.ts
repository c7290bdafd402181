import { assertEquals } from "@std/assert";
import { importsAgainst, readImportGraph } from "../../tests/support/import_graph.ts";

/**
 * The folders and files of `_shared`: each may import what stands above it, types as well, and nothing below. The database's
 * types, time and text at the top know nothing of racing; `worker` at the foot knows everything.
 */
const ORDER = [
  "database_types.ts",
  "clock.ts",
  "redact.ts",
  "log.ts",
  "values",
  "racing_api",
  "missing_setting_error.ts",
  "environment.ts",
  "pages",
  "worker",
];

const graph = await readImportGraph(new URL("./", import.meta.url));

Deno.test("every folder and file of _shared has its place in the order", () => {
  assertEquals([...graph.keys()].sort(), [...ORDER].sort());
});

Deno.test("what stands in _shared imports only what is above it in the order", () => {
  assertEquals(importsAgainst(ORDER, graph), []);
});

Deno.test("imports of types and over several lines are arrows too", () => {
  assertEquals(graph.get("worker")?.has("pages"), true);
  assertEquals(graph.get("racing_api")?.has("clock.ts"), true);
  assertEquals(graph.get("pages")?.has("racing_api"), true);
});

Deno.test("an arrow back is found out, whichever two it joins", () => {
  const back = new Map(graph).set("values", new Set(["pages"])).set("redact.ts", new Set(["environment.ts"]));
  assertEquals(importsAgainst(ORDER, back).sort(), [
    "redact.ts imports environment.ts",
    "values imports pages",
  ]);
});

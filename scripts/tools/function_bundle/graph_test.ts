import { assertEquals } from "@std/assert";
import { findHiddenImports, findOffenders, type ModuleGraph } from "./graph.ts";

const FOLDER = "file:///project/supabase/functions/";

function graph(...specifiers: string[]): ModuleGraph {
  return { modules: specifiers.map((specifier) => ({ specifier })), npmPackages: {} };
}

Deno.test("findOffenders() accepts modules of the folder, npm packages and Node modules", () => {
  assertEquals(findOffenders(graph(`${FOLDER}events/index.ts`, "npm:/zod@4.6.7", "node:crypto"), FOLDER), []);
});

const outsiders: [string, string][] = [
  ["file:///project/scripts/lab/platform/database.ts", "is outside of supabase/functions"],
  ["file:///project/supabase/functions_of_others/a.ts", "is outside of supabase/functions"],
  ["https://example.com/mod.ts", "is not from npm or Node"],
  ["jsr:@std/assert", "is not from npm or Node"],
  ["data:text/javascript,1", "is not from npm or Node"],
];

for (const [specifier, why] of outsiders) {
  Deno.test(`findOffenders() refuses ${specifier}, which ${why}`, () => {
    assertEquals(findOffenders(graph(specifier), FOLDER), [`${specifier} ${why}`]);
  });
}

Deno.test("findOffenders() reports an import of a missing module", () => {
  const broken = { modules: [{ specifier: `${FOLDER}gone.ts`, error: "not found" }], npmPackages: {} };
  assertEquals(findOffenders(broken, FOLDER), [`${FOLDER}gone.ts can't be resolved: not found`]);
});

Deno.test("findHiddenImports() finds an import whose target is computed, and none whose target is a literal", () => {
  assertEquals(
    findHiddenImports(
      'const a = await import("../../function_bundle/a.ts");\nimport { b } from "../../function_bundle/b.ts";',
    ),
    [],
  );
  assertEquals(findHiddenImports("await import(name)"), ["import(name"]);
  assertEquals(findHiddenImports('await import("../../function_bundle/" + name)'), [
    'import("../../function_bundle/" + name',
  ]);
  assertEquals(findHiddenImports("require(name)"), ["require(name"]);
});

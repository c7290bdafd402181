import { assertEquals } from "@std/assert";
import { readFunctionConfigs } from "./config.ts";

Deno.test("readFunctionConfigs() reads each function's own section and no other", () => {
  const configs = readFunctionConfigs(`
project_id = "x"

[api]
verify_jwt = true

# The door.
[functions.events]
verify_jwt = false
import_map = "../import_map.json"

[functions.bare]
`);
  assertEquals([...configs], [
    ["events", { verifyJwt: false, importMap: "../import_map.json" }],
    ["bare", { verifyJwt: undefined, importMap: undefined }],
  ]);
});

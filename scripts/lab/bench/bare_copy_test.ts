import { assertEquals } from "@std/assert";
import { copyLine } from "./bare_copy.ts";

Deno.test("a line for COPY has tabs between its values, escapes what is in them, and tells null from nothing", () => {
  assertEquals(copyLine(["rac_1", null, "", "a\tb\nc\rd\\e"]), "rac_1\t\\N\t\ta\\tb\\nc\\rd\\\\e\n");
});

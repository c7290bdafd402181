import { assertEquals } from "@std/assert";
import { newerMajor, newestFor } from "./versions.ts";

Deno.test("newestFor() stays within the major version and takes releases", () => {
  assertEquals(
    newestFor("4.6.7", ["4.6.7", "4.10.0", "4.9.9", "5.0.0", "4.11.0-beta.1", "3.99.0"]),
    "4.10.0",
  );
  assertEquals(newestFor("4.6.7", ["4.6.6"]), "4.6.7");
});

Deno.test("newestFor() takes a prerelease for a prerelease, the later of two by number", () => {
  const published = ["17.10.0-beta.9", "17.10.0-beta.17", "17.10.0-beta.18", "18.0.0-beta.1"];
  assertEquals(newestFor("17.10.0-beta.17", published), "17.10.0-beta.18");
  assertEquals(newestFor("17.10.0-beta.17", [...published, "17.10.0"]), "17.10.0");
});

Deno.test("newerMajor() names the newest release of a later major version", () => {
  assertEquals(newerMajor("4.6.7", ["4.7.0", "5.0.0", "5.2.0", "6.0.0-rc.1"]), "5.2.0");
  assertEquals(newerMajor("4.6.7", ["4.7.0", "3.9.9"]), undefined);
});

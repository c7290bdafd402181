import { assertEquals, assertThrows } from "@std/assert";
import { olderLock } from "./older_lock.ts";

Deno.test("an older Deno gets the same versions and checksums, of what the functions import alone", () => {
  const lock = {
    version: "5",
    specifiers: { "npm:a@1.0.0": "1.0.0", "npm:z@9.0.0": "9.0.0" },
    npm: {
      "a@1.0.0": { integrity: "sha512-a", dependencies: ["b", "c@2.0.0"] },
      "b@1.5.0": { integrity: "sha512-b", dependencies: ["c@1.0.0"] },
      "c@1.0.0": { integrity: "sha512-c1" },
      "c@2.0.0": { integrity: "sha512-c2" },
      "z@9.0.0": { integrity: "sha512-z" },
    },
  };
  const { "z@9.0.0": _, ...npm } = lock.npm;
  assertEquals(olderLock(lock, [{ name: "a", version: "1.0.0", path: "" }]), {
    version: "4",
    specifiers: { "npm:a@1.0.0": "1.0.0" },
    npm,
  });
  assertThrows(() => olderLock(lock, [{ name: "y", version: "1.0.0", path: "" }]), Error, "has no y@1.0.0");
});

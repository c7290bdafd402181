import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readCardJockey, readResultJockey } from "./jockey.ts";

const NON_RUNNER = { id: null, name: null, claimLbs: null, isNonRunner: true };

Deno.test("readCardJockey() takes the claim off the name", () => {
  const entry = { id: "jky_1", name: "A Rider", claimLbs: 5, isNonRunner: false };
  assertEquals(readCardJockey("A Rider(5)", "jky_1").value, entry);
  assertEquals(readCardJockey("A Rider (5)", "jky_1").value, entry);
});

Deno.test("readCardJockey() says that a jockey without brackets claims nothing", () => {
  assertEquals(readCardJockey("A Rider", "jky_1").value?.claimLbs, 0);
});

Deno.test("readCardJockey() makes no jockey of the placeholder for non-runners", () => {
  for (const name of ["NON-RUNNER", "NON-RUNNER(5)", "Non Runner", "non-runner (7)"]) {
    assertEquals(readCardJockey(name, "jky_224913").value, NON_RUNNER);
    assertEquals(readCardJockey(name, "jky_999").value, NON_RUNNER);
  }
  assertEquals(readCardJockey("", "jky_224913").value, NON_RUNNER);
});

Deno.test("readCardJockey() gives no jockey while none is declared", () => {
  assertEquals(readCardJockey("", "").value, { id: null, name: null, claimLbs: null, isNonRunner: false });
});

Deno.test("readCardJockey() keeps brackets that hold no claim", () => {
  assertEquals(readCardJockey("A Rider (snr)", "jky_1").value?.name, "A Rider (snr)");
});

Deno.test("readResultJockey() gives the same name as the card and leaves the claim to its own field", () => {
  assertEquals(readResultJockey("A Rider", "jky_1").value, {
    id: "jky_1",
    name: "A Rider",
    claimLbs: null,
    isNonRunner: false,
  });
});

Deno.test("readCardJockey() finds any name and claim again", () => {
  const name = fc.stringMatching(/^[A-Z][a-z]{1,9}( [A-Z][a-z']{1,9}){0,2}$/);
  fc.assert(fc.property(name, fc.integer({ min: 0, max: 10 }), (rider, claim) => {
    const { value } = readCardJockey(`${rider}(${claim})`, "jky_1");
    return value?.name === rider && value.claimLbs === claim;
  }));
});

Deno.test("readCardJockey() never throws", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string(), (name, id) => {
    readCardJockey(name, id);
  }));
});

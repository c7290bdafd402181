import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isSameName, readAnimalName, readCourseName } from "./names.ts";

Deno.test("readAnimalName() gives one name, with and without the region behind it", () => {
  assertEquals(readAnimalName("Some Horse (IRE)"), { name: "Some Horse", region: "ire" });
  assertEquals(readAnimalName("Some Horse"), { name: "Some Horse", region: null });
});

Deno.test("readAnimalName() leaves brackets alone that hold no region", () => {
  assertEquals(readAnimalName("Some Horse (late)"), { name: "Some Horse (late)", region: null });
  assertEquals(readAnimalName("Some Horse (I)"), { name: "Some Horse (I)", region: null });
  assertEquals(readAnimalName("Some Horse (IREL)"), { name: "Some Horse (IREL)", region: null });
  assertEquals(readAnimalName("Some Horse (II)"), { name: "Some Horse (II)", region: null });
  assertEquals(readAnimalName("Some Horse (II) (FR)"), { name: "Some Horse (II)", region: "fr" });
  assertEquals(readAnimalName("(IRE)"), { name: "(IRE)", region: null });
  assertEquals(readAnimalName("–"), { name: null, region: null });
});

Deno.test("readCourseName() takes off the region and keeps the surface", () => {
  assertEquals(readCourseName("Some Course (AW) (IRE)"), "Some Course (AW)");
  assertEquals(readCourseName("Some Course (IRE)"), "Some Course");
  assertEquals(readCourseName("Some Course (AW)"), "Some Course (AW)");
  assertEquals(readCourseName("Some Course (RH)"), "Some Course (RH)");
  assertEquals(readCourseName("Some Course (July)"), "Some Course (July)");
  assertEquals(readCourseName(""), null);
});

Deno.test("readAnimalName() finds any name and region again", () => {
  const name = fc.stringMatching(/^[A-Z][a-z']{1,9}( [A-Z][a-z']{1,9}){0,3}$/);
  fc.assert(fc.property(name, fc.constantFrom("IRE", "GB", "FR", "USA"), (horse, region) => {
    const read = readAnimalName(`${horse} (${region})`);
    return read.name === horse && read.region === region.toLowerCase();
  }));
});

Deno.test("isSameName() leaves aside spaces and the case of A to Z", () => {
  assertEquals(isSameName("C J & H J O'Inkwell", "C. J. & H. J. O'Inkwell"), false);
  assertEquals(isSameName("C J & H J O'Inkwell", "CJ & HJ  O'INKWELL"), true);
  assertEquals(isSameName("Émile", "emile"), false);
});

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { known, MISSING } from "./reading.ts";
import { readDecimalPrice, readStartingPrice } from "./starting_price.ts";

Deno.test("readStartingPrice() takes the favourite's letter off the fraction", () => {
  assertEquals(readStartingPrice("7/2"), known({ fraction: "7/2", favourite: null }));
  assertEquals(readStartingPrice("13/8F"), known({ fraction: "13/8", favourite: "favourite" }));
  assertEquals(readStartingPrice("7/2J"), known({ fraction: "7/2", favourite: "joint favourite" }));
  assertEquals(readStartingPrice("7/2JF"), known({ fraction: "7/2", favourite: "joint favourite" }));
  assertEquals(readStartingPrice("7/2C"), known({ fraction: "7/2", favourite: "co-favourite" }));
  assertEquals(readStartingPrice("100/30"), known({ fraction: "100/30", favourite: null }));
});

Deno.test("readStartingPrice() knows evens by every name", () => {
  assertEquals(readStartingPrice("Evens"), known({ fraction: "Evens", favourite: null }));
  assertEquals(readStartingPrice("Evs"), known({ fraction: "Evens", favourite: null }));
  assertEquals(readStartingPrice("EvensF"), known({ fraction: "Evens", favourite: "favourite" }));
  assertEquals(readStartingPrice("Evens F"), known({ fraction: "Evens", favourite: "favourite" }));
});

Deno.test("readStartingPrice() tells no price from one that it can't read", () => {
  for (const sent of ["", "-", "–", null]) assertEquals(readStartingPrice(sent), MISSING);
  for (const sent of ["4.5", "7/0", "7/", "7/2X", "F"]) {
    assertEquals(readStartingPrice(sent).problem, "is not a starting price such as 13/8F or Evens");
  }
});

Deno.test("readDecimalPrice() reads sp_dec and bsp, and takes 0 for none", () => {
  assertEquals(readDecimalPrice("4.50"), known(4.5));
  assertEquals(readDecimalPrice("1000.00"), known(1000));
  assertEquals(readDecimalPrice("0"), MISSING);
  assertEquals(readDecimalPrice("99999999999").value, null);
});

Deno.test("readStartingPrice() finds any fraction and letter again", () => {
  const number = fc.integer({ min: 1, max: 1000 });
  fc.assert(fc.property(number, number, fc.constantFrom("", "F", "J", "C"), (gain, stake, letter) => {
    const { value } = readStartingPrice(`${gain}/${stake}${letter}`);
    return value?.fraction === `${gain}/${stake}` && (value.favourite === null) === (letter === "");
  }));
});

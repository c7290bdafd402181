import { assertEquals } from "@std/assert";
import { readSilk } from "./silk.ts";

const SHORT: [url: string, silk: string][] = [
  ["https://www.rp-assets.com/svg/1/2/3/327321.svg", "327321"],
  ["https://www.rp-assets.com/svg/b/9/4/306449b.svg", "306449b"],
  ["https://www.rp-assets.com/svg/9/8/7/789.svg", "789"],
];
for (const [url, silk] of SHORT) {
  Deno.test(`readSilk() keeps ${silk} of ${url}`, () => {
    assertEquals(readSilk(url), { value: silk, problem: null });
  });
}

const WHOLE = [
  "https://www.rp-assets.com/svg/1/2/4/327321.svg",
  "https://www.rp-assets.com/svg/1/2/3/327321.png",
  "http://www.rp-assets.com/svg/1/2/3/327321.svg",
  "https://example.com/svg/1/2/3/327321.svg",
  "https://www.rp-assets.com/svg/1/2/3/327321.svg?size=2",
  "https://www.rp-assets.com/svg/1/2/a/A21.svg",
  "https://www.rp-assets.com/svg/1/2/2/21.svg",
];
for (const url of WHOLE) {
  Deno.test(`readSilk() keeps ${url} whole`, () => {
    assertEquals(readSilk(url), { value: url, problem: null });
  });
}

Deno.test("readSilk() takes what no address is for misread", () => {
  assertEquals(readSilk("327321"), { value: null, problem: "is not an address" });
});

Deno.test("readSilk() takes an empty text for none", () => {
  assertEquals(readSilk(""), { value: null, problem: null });
});

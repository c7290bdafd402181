import { assertEquals } from "@std/assert";
import { createRedactor } from "./redact.ts";

const secret = `pa"ss\\wörd&more`;
const redact = createRedactor([secret, "abc"]);

const forms: [string, string][] = [
  ["as it is", secret],
  ["as JSON", JSON.stringify(secret).slice(1, -1)],
  ["as JSON within JSON", JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1)],
  ["as JSON in ASCII", 'pa\\"ss\\\\w\\u00f6rd&more'],
  ["as a part of an address", encodeURIComponent(secret)],
  ["as HTML", "pa&quot;ss\\wörd&amp;more"],
  ["as base64", btoa(String.fromCharCode(...new TextEncoder().encode(secret)))],
];

for (const [how, text] of forms) {
  Deno.test(`a secret written ${how} is redacted, and so is its beginning where the rest was cut off`, () => {
    assertEquals(redact(`It is ${text}.`), "It is [secret].");
    assertEquals(redact(`It is ${text.slice(0, 9)}`), "It is [secret]");
    assertEquals(redact(`${text}${text}`), "[secret][secret]");
  });
}

Deno.test("a text that only begins like a secret, or is too short to be one, stays", () => {
  assertEquals(redact('pa"ss\\w, abc'), 'pa"ss\\w, abc');
});

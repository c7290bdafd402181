import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { isSignature, judge, sign, type SignedDispatch, textToSign } from "./signature.ts";

const SECRET = "a worker secret";
const NOW = Date.UTC(2026, 5, 15, 11);
const DISPATCH: SignedDispatch = {
  functionName: "events",
  feed: "results",
  id: 17,
  expires: NOW / 1000 + 120,
};
const SIGNATURE = sign(DISPATCH, SECRET);

/** The verdict when the isolate's clock is off by so many seconds, or so many have gone by. */
const after = (seconds: number) => judge(DISPATCH, SIGNATURE, SECRET, NOW + seconds * 1000);

Deno.test("textToSign() puts each field's length before it", () => {
  assertEquals(textToSign(DISPATCH), "6:events,7:results,2:17,10:1781521320,");
});

Deno.test("sign() is HMAC-SHA-256 of the text, in lower-case hexadecimal digits", () => {
  // printf '6:events,7:results,2:17,10:1781521320,' | openssl dgst -sha256 -hmac 'a worker secret'
  assertEquals(SIGNATURE, "bc987409b2bf006676fe2e79f1e30951be89d3c62276325642fdb3e5fe8f0f9f");
});

Deno.test("judge() finds a signature good for its own call", () => {
  assertEquals(after(0), "good");
});

Deno.test("judge() finds it forged when anything of the call is another, or the secret", () => {
  const others: Partial<SignedDispatch>[] = [
    { functionName: "masters" },
    { feed: "racecards" },
    { id: 18 },
    { expires: DISPATCH.expires + 1 },
  ];
  for (const other of others) {
    assertEquals(judge({ ...DISPATCH, ...other }, SIGNATURE, SECRET, NOW), "forged", JSON.stringify(other));
  }
  assertEquals(judge(DISPATCH, SIGNATURE, `${SECRET} `, NOW), "forged");
});

Deno.test("judge() finds it forged when it is cut short, longer, or in capitals", () => {
  const others = [
    "",
    SIGNATURE.slice(0, -1),
    SIGNATURE.slice(0, 32),
    `${SIGNATURE}0`,
    SIGNATURE.toUpperCase(),
  ];
  for (const other of others) {
    assertEquals(isSignature(other), false, other);
    assertEquals(judge(DISPATCH, other, SECRET, NOW), "forged", other);
  }
  assertEquals(isSignature(null), false);
  assertEquals(isSignature(SIGNATURE), true);
});

Deno.test("judge() allows a clock that is a minute behind or ahead, all the while that a call is good", () => {
  for (const late of [0, 60, 120]) {
    for (const wrong of [-60, -30, 0, 30, 60]) assertEquals(after(late + wrong), "good", `${late} ${wrong}`);
  }
});

Deno.test("judge() finds a call expired a minute after it ran out, and one that runs out later than any too far ahead", () => {
  assertEquals([after(180), after(180.001), after(3600)], ["good", "expired", "expired"]);
  assertEquals([after(-60), after(-60.001), after(-3600)], ["good", "too far ahead", "too far ahead"]);
});

Deno.test("judge() says of no forged call whether its time would have been right", () => {
  assertEquals(judge({ ...DISPATCH, expires: 1 }, SIGNATURE, SECRET, NOW), "forged");
});

Deno.test("textToSign() is the same of no two calls, whatever stands in their fields", () => {
  const field = fc.string({ unit: "binary", maxLength: 12 });
  const digits = fc.nat(1e6);
  fc.assert(
    fc.property(field, field, digits, digits, field, field, digits, digits, (...values) => {
      const [functionName, feed, id, expires, otherFunction, otherFeed, otherId, otherExpires] = values;
      const one = { functionName, feed, id, expires };
      const other = { functionName: otherFunction, feed: otherFeed, id: otherId, expires: otherExpires };
      fc.pre(JSON.stringify(one) !== JSON.stringify(other));
      assertNotEquals(textToSign(one), textToSign(other));
    }),
  );
  // What would read the same without the lengths.
  assertNotEquals(
    textToSign({ ...DISPATCH, functionName: "events,7:results" }),
    textToSign({ ...DISPATCH, functionName: "events", feed: "results,7:results" }),
  );
});

import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { isSignature, judge, sign, type SignedDispatch, textToSign } from "./signature.ts";

const SECRET = "a worker secret";
const NOW = Date.UTC(2026, 5, 15, 11);
const DISPATCH: SignedDispatch = {
  functionName: "events",
  subject: "results",
  id: 17,
  expires: NOW / 1000 + 120,
};
const SIGNATURE = sign(DISPATCH, SECRET);

/** The verdict when the isolate's clock is off by so many seconds, or so many have gone by. */
const after = (seconds: number) => judge(DISPATCH, SIGNATURE, [SECRET], NOW + seconds * 1000);

Deno.test("textToSign() puts each field's length before it", () => {
  assertEquals(textToSign(DISPATCH), "6:events,7:results,2:17,10:1781521320,");
});

Deno.test("sign() is HMAC-SHA-256 of the text, in lower-case hexadecimal digits", () => {
  // printf '6:events,7:results,2:17,10:1781521320,' | openssl dgst -sha256 -hmac 'a worker secret'
  assertEquals(SIGNATURE, "bc987409b2bf006676fe2e79f1e30951be89d3c62276325642fdb3e5fe8f0f9f");
});

Deno.test("judge() accepts a signature for its own dispatch", () => {
  assertEquals(after(0), "good");
});

Deno.test("judge() finds it forged when any field of the dispatch, or the secret, differs", () => {
  const others: Partial<SignedDispatch>[] = [
    { functionName: "masters" },
    { subject: "racecards" },
    { id: 18 },
    { expires: DISPATCH.expires + 1 },
  ];
  for (const other of others) {
    assertEquals(judge({ ...DISPATCH, ...other }, SIGNATURE, [SECRET], NOW), "forged", JSON.stringify(other));
  }
  assertEquals(judge(DISPATCH, SIGNATURE, [`${SECRET} `], NOW), "forged");
});

Deno.test("judge() accepts a signature made with any of several secrets, and with no other", () => {
  const judged = (...secrets: string[]) => judge(DISPATCH, SIGNATURE, secrets, NOW);
  assertEquals([judged("a new one", SECRET), judged(SECRET, "an old one")], ["good", "good"]);
  assertEquals([judged("a new one", "an old one"), judged()], ["forged", "forged"]);
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
    assertEquals(judge(DISPATCH, other, [SECRET], NOW), "forged", other);
  }
  assertEquals(isSignature(null), false);
  assertEquals(isSignature(SIGNATURE), true);
});

Deno.test("judge() allows a clock that is a minute behind or ahead, until the dispatch expires", () => {
  for (const late of [0, 60, 120]) {
    for (const wrong of [-60, -30, 0, 30, 60]) assertEquals(after(late + wrong), "good", `${late} ${wrong}`);
  }
});

Deno.test("judge() finds a dispatch expired a minute after its expiry, and too far ahead when its expiry is later than any can be", () => {
  assertEquals([after(180), after(180.001), after(3600)], ["good", "expired", "expired"]);
  assertEquals([after(-60), after(-60.001), after(-3600)], ["good", "too far ahead", "too far ahead"]);
});

Deno.test("judge() does not say whether the time of a forged dispatch is right", () => {
  assertEquals(judge({ ...DISPATCH, expires: 1 }, SIGNATURE, [SECRET], NOW), "forged");
});

Deno.test("textToSign() differs for any two dispatches, whatever their fields hold", () => {
  const field = fc.string({ unit: "binary", maxLength: 12 });
  const digits = fc.nat(1e6);
  fc.assert(
    fc.property(field, field, digits, digits, field, field, digits, digits, (...values) => {
      const [functionName, subject, id, expires, otherFunction, otherSubject, otherId, otherExpires] = values;
      const one = { functionName, subject, id, expires };
      const other = {
        functionName: otherFunction,
        subject: otherSubject,
        id: otherId,
        expires: otherExpires,
      };
      fc.pre(JSON.stringify(one) !== JSON.stringify(other));
      assertNotEquals(textToSign(one), textToSign(other));
    }),
  );
  // What would read the same without the lengths.
  assertNotEquals(
    textToSign({ ...DISPATCH, functionName: "events,7:results" }),
    textToSign({ ...DISPATCH, functionName: "events", subject: "results,7:results" }),
  );
});

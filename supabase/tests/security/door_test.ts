import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { sign, type SignedDispatch } from "../../functions/_shared/worker/signature.ts";
import { loadHandler, type TestedHandler, WORKER_SECRET } from "./support/handler.ts";

/** How the functions authenticate requests, and what a refused caller learns. */
let door: TestedHandler;
Deno.test.beforeAll(async () => void (door = await loadHandler()));
Deno.test.beforeEach(() => {
  door.takeDatabaseCalls();
  door.takeLog();
});

const URL_OF_FUNCTION = "http://127.0.0.1/events";

function request(init: RequestInit & { secret?: string } = {}): Request {
  const { secret = WORKER_SECRET, ...rest } = init;
  return new Request(URL_OF_FUNCTION, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}` },
    ...rest,
  });
}

/** Everything that the caller sees. */
async function seen(
  response: Response,
): Promise<{ status: number; headers: [string, string][]; body: string }> {
  return { status: response.status, headers: [...response.headers], body: await response.text() };
}

const UNAUTHORIZED = {
  status: 401,
  headers: [["content-type", "application/json"]],
  body: '{"message":"Unauthorized"}',
};

/** A body that counts how much of it is read. */
function watchedBody(bytes: number): { body: ReadableStream<Uint8Array>; read: () => number } {
  let read = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (read >= bytes) return controller.close();
      read += 1000;
      controller.enqueue(new Uint8Array(1000).fill(32));
    },
  }, { highWaterMark: 0 });
  return { body, read: () => read };
}

const strangers: [string, Record<string, string>][] = [
  ["no header", {}],
  ["an empty header", { authorization: "" }],
  ["an empty secret", { authorization: "Bearer " }],
  ["another secret", { authorization: "Bearer wrong" }],
  ["the beginning of the secret", { authorization: `Bearer ${WORKER_SECRET.slice(0, -1)}` }],
  ["the secret and one character more", { authorization: `Bearer ${WORKER_SECRET}x` }],
  ["the secret in capitals", { authorization: `Bearer ${WORKER_SECRET.toUpperCase()}` }],
  ["the secret under another scheme", { authorization: `Basic ${btoa(`worker:${WORKER_SECRET}`)}` }],
  ["the secret without a scheme", { authorization: WORKER_SECRET }],
  ["the secret as one of two", { authorization: `Bearer wrong, Bearer ${WORKER_SECRET}` }],
  ["the secret in another header", {
    apikey: WORKER_SECRET,
    "x-worker-secret": WORKER_SECRET,
    cookie: WORKER_SECRET,
  }],
  ["the project's secret key", {
    authorization: "Bearer sb_secret_of_this_test",
    apikey: "sb_secret_of_this_test",
  }],
  ["a secret of 100,000 characters", { authorization: `Bearer ${"x".repeat(100_000)}` }],
  ["an empty signature", { "x-call-signature": "" }],
  ["the secret in place of a signature", { "x-call-signature": WORKER_SECRET }],
  ["a signature of 100,000 digits", { "x-call-signature": "0".repeat(100_000) }],
];

for (const [what, headers] of strangers) {
  Deno.test(`a request with ${what} gets 401, with nothing said, asked or logged`, async () => {
    const body = '{"feed":"results"}';
    const response = await door.handle(new Request(URL_OF_FUNCTION, { method: "POST", headers, body }));
    assertEquals(await seen(response), UNAUTHORIZED);
    assertEquals([door.takeDatabaseCalls(), door.takeLog()], [[], []]);
  });
}

Deno.test("the secret is of no use in the address or in the body", async () => {
  const init = { method: "POST", body: JSON.stringify({ feed: "results", secret: WORKER_SECRET }) };
  const response = await door.handle(
    new Request(`${URL_OF_FUNCTION}?authorization=Bearer+${WORKER_SECRET}`, init),
  );
  assertEquals(await seen(response), UNAUTHORIZED);
});

Deno.test("not one byte of an unauthenticated request's body is read", async () => {
  const { body, read } = watchedBody(1e9);
  assertEquals(await seen(await door.handle(request({ secret: "wrong", body }))), UNAUTHORIZED);
  assertEquals(read(), 0);
});

Deno.test("any other method is answered with 405, with or without the secret", async () => {
  for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    for (const secret of [WORKER_SECRET, "wrong"]) {
      assertEquals((await door.handle(request({ method, secret }))).status, 405, method);
    }
  }
  assertEquals([door.takeDatabaseCalls(), door.takeLog()], [[], []]);
});

/** Refused as what it is, before anything was asked of the database. */
async function assertRefused(body: BodyInit | null): Promise<void> {
  const response = await seen(await door.handle(request({ body })));
  assertEquals([response.status, response.body], [
    400,
    '{"message":"Send {\\"feed\\": \\"racecards\\" | \\"results\\"}"}',
  ]);
  assertEquals(door.takeDatabaseCalls(), []);
}

Deno.test("a body without an end is refused after its first kilobytes", async () => {
  const { body, read } = watchedBody(Infinity);
  await assertRefused(body);
  assert(read() <= 3000, `${read()} bytes were read`);
});

Deno.test("a body that breaks off is refused", async () => {
  await assertRefused(
    new ReadableStream({
      pull(controller) {
        controller.error(new Error("The connection was reset"));
      },
    }),
  );
});

const brokenBodies: [string, BodyInit | null][] = [
  ["nothing", null],
  ["no JSON", "feed=results"],
  ["half of a JSON", '{"feed":"resu'],
  ["a text", '"results"'],
  ["a list", '["results"]'],
  ["null", "null"],
  ["nothing named", "{}"],
  ["a feed that is another function's", '{"feed":"masters"}'],
  ["a feed that does not exist", '{"feed":"odds"}'],
  ["SQL in place of a feed", `{"feed":"results'; drop table ra_races; --"}`],
  ["a feed that is an object", '{"feed":{"toString":"results"}}'],
  ["a feed that is a list", '{"feed":["results"]}'],
  ["a prototype in place of a feed", '{"__proto__":{"feed":"results"}}'],
  ["an unknown field", '{"feed":"results","run_id":1}'],
  ["an id, which only dispatches have", '{"feed":"results","dispatch":1}'],
  ["an expiry, which only dispatches have", '{"feed":"results","expires":9999999999}'],
  ["more than a kilobyte", `{"feed":"results"${" ".repeat(1024)}}`],
  ["a thousand nested lists", "[".repeat(500) + "]".repeat(500)],
  ["UTF-16", new Uint8Array(Array.from('{"feed":"results"}').flatMap((letter) => [letter.charCodeAt(0), 0]))],
  ["a NUL in the feed", '{"feed":"results\\u0000"}'],
];

for (const [what, body] of brokenBodies) {
  Deno.test(`a body with ${what} is refused before the database is asked`, () => assertRefused(body));
}

Deno.test("any JSON is refused unless it names a feed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.json({ maxDepth: 4 }), async (body) => {
      fc.pre(body.length < 1024);
      await assertRefused(body);
    }),
    { numRuns: 300 },
  );
});

/** A dispatch as SQL sends it now. */
const dispatch = (more: Partial<SignedDispatch> = {}): SignedDispatch => ({
  functionName: "events",
  subject: "results",
  id: 7,
  expires: Math.floor(Date.now() / 1000) + 120,
  ...more,
});

const bodyOf = ({ subject, id, expires }: SignedDispatch) => ({ feed: subject, dispatch: id, expires });

async function handleSigned(signature: string, body: unknown): Promise<Response> {
  const headers = { "x-call-signature": signature };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return await door.handle(new Request(URL_OF_FUNCTION, { method: "POST", headers, body: text }));
}

Deno.test("a signed dispatch is accepted without anything else", async () => {
  const signed = dispatch();
  const response = await handleSigned(sign(signed, WORKER_SECRET), bodyOf(signed));
  assertEquals([response.status, await response.json()], [200, { claimed: false }]);
  assertEquals(door.takeDatabaseCalls().map(({ url }) => url), [
    "http://database.test/rest/v1/rpc/claim_chunk",
  ]);
});

const good = dispatch();
const signature = sign(good, WORKER_SECRET);
const forgeries: [what: string, signature: string, body: unknown][] = [
  ["another feed", signature, bodyOf({ ...good, subject: "racecards" })],
  ["another id", signature, bodyOf({ ...good, id: 8 })],
  ["a later expiry", signature, bodyOf({ ...good, expires: good.expires + 1 })],
  ["another function's signature", sign({ ...good, functionName: "masters" }, WORKER_SECRET), bodyOf(good)],
  [
    "another function's signature and feed",
    sign({ ...good, functionName: "masters", subject: "masters" }, WORKER_SECRET),
    bodyOf({ ...good, subject: "masters" }),
  ],
  ["a signature with another secret", sign(good, `${WORKER_SECRET}x`), bodyOf(good)],
  ["a signature with no secret", sign(good, ""), bodyOf(good)],
  ["a signature that lacks its last digit", signature.slice(0, -1), bodyOf(good)],
  ["half a signature", signature.slice(0, 32), bodyOf(good)],
  ["a signature and one digit more", `${signature}0`, bodyOf(good)],
  ["a signature in capitals", signature.toUpperCase(), bodyOf(good)],
  ["a signature of zeros", "0".repeat(64), bodyOf(good)],
  ["a signature twice", `${signature}, ${signature}`, bodyOf(good)],
  ["a signature and no id", signature, { feed: good.subject, expires: good.expires }],
  ["a signature and no expiry", signature, { feed: good.subject, dispatch: good.id }],
  ["a signature and no more than a feed", signature, { feed: good.subject }],
  ["an id that is a text", signature, { ...bodyOf(good), dispatch: String(good.id) }],
  ["an id that is SQL", signature, { ...bodyOf(good), dispatch: "7; drop table ra_races" }],
  ["an id below one", sign({ ...good, id: 0 }, WORKER_SECRET), bodyOf({ ...good, id: 0 })],
  ["a fraction as id", sign({ ...good, id: 1.5 }, WORKER_SECRET), bodyOf({ ...good, id: 1.5 })],
  ["an id beyond any number", signature, `{"feed":"results","dispatch":1e999,"expires":${good.expires}}`],
  [
    "a number beyond whole ones",
    signature,
    `{"feed":"results","dispatch":9007199254740993,"expires":${good.expires}}`,
  ],
  ["a field that is not signed", signature, { ...bodyOf(good), run_id: 1 }],
  ["a body that is no JSON", signature, "feed=results"],
  ["more than a kilobyte", signature, JSON.stringify(bodyOf(good)) + " ".repeat(1024)],
  ["nothing", signature, ""],
];

for (const [what, signature, body] of forgeries) {
  Deno.test(`a dispatch with ${what} gets 401, with nothing said, asked or logged`, async () => {
    assertEquals(await seen(await handleSigned(signature, body)), UNAUTHORIZED);
    assertEquals([door.takeDatabaseCalls(), door.takeLog()], [[], []]);
  });
}

Deno.test("a dispatch that has expired, or expires too late, gets 401 and a log line about the clocks", async () => {
  const times: [seconds: number, says: RegExp][] = [
    [
      -62,
      /The dispatch 7 of results is expired: by this machine's clock it ran out 6\d s ago\. .*clock.* differ/,
    ],
    [-86_400, /is expired: .* ran out 864\d\d s ago/],
    [
      183,
      /The dispatch 7 of results is too far ahead: by this machine's clock it runs out in 18\d s\. .*clock.* differ/,
    ],
    [86_400, /is too far ahead: .* runs out in 86[34]\d\d s/],
  ];
  for (const [seconds, says] of times) {
    const signed = dispatch({ expires: Math.floor(Date.now() / 1000) + seconds });
    const response = await handleSigned(sign(signed, WORKER_SECRET), bodyOf(signed));
    assertEquals(response.status, 401);
    assertMatch((await response.json()).message, /too old, or the clocks .* differ; see the function's log/);
    const log = door.takeLog();
    assertEquals([log.length, door.takeDatabaseCalls()], [1, []]);
    assertMatch(log[0] ?? "", says);
  }
});

Deno.test("a ping that has expired gets 401, and a log line that calls it a ping", async () => {
  const signed = dispatch({ subject: "ping", expires: Math.floor(Date.now() / 1000) - 100 });
  const response = await handleSigned(sign(signed, WORKER_SECRET), {
    ping: signed.id,
    expires: signed.expires,
  });
  assertEquals(response.status, 401);
  assertMatch((await response.json()).message, /^The ping is too old, or the clocks .* differ/);
  assertMatch(door.takeLog().join(), /The ping 7 is expired: by this machine's clock it ran out 10\d s ago/);
});

Deno.test("a dispatch is accepted while the clocks differ by no more than a minute", async () => {
  for (const seconds of [-55, 0, 60, 120, 175]) {
    const signed = dispatch({ expires: Math.floor(Date.now() / 1000) + seconds });
    const response = await handleSigned(sign(signed, WORKER_SECRET), bodyOf(signed));
    assertEquals([response.status, await response.json()], [200, { claimed: false }], String(seconds));
  }
});

Deno.test("at most a kilobyte of a signed body is read, and for no longer than pg_net waits", async () => {
  const headers = { "x-call-signature": signature };
  const endless = watchedBody(Infinity);
  const response = await door.handle(
    new Request(URL_OF_FUNCTION, { method: "POST", headers, body: endless.body }),
  );
  assertEquals(await seen(response), UNAUTHORIZED);
  assert(endless.read() <= 3000, `${endless.read()} bytes were read`);

  // One that never comes: the time for it is over at once.
  const setTimer = globalThis.setTimeout;
  const waits: number[] = [];
  globalThis.setTimeout = ((callback: () => void, milliseconds: number) => {
    waits.push(milliseconds);
    return setTimer(callback, 0);
  }) as typeof setTimeout;
  try {
    const body = new ReadableStream<Uint8Array>({ start: (stream) => stream.enqueue(new Uint8Array(1)) });
    const late = await door.handle(new Request(URL_OF_FUNCTION, { method: "POST", headers, body }));
    assertEquals([await seen(late), waits], [UNAUTHORIZED, [5000]]);
  } finally {
    globalThis.setTimeout = setTimer;
  }
});

Deno.test("all that reaches the database is one of two words, a number and a token, as values and in no SQL text", async () => {
  const signed = dispatch();
  const headers = {
    "x-call-signature": sign(signed, WORKER_SECRET),
    "x-feed": "'; --",
    prefer: "params=single-object",
  };
  const address = `${URL_OF_FUNCTION}/..%2fmasters?feed=masters&select=*&schema=engine';--`;
  const body = JSON.stringify(bodyOf(signed));
  const response = await door.handle(new Request(address, { method: "POST", headers, body }));
  assertEquals(await response.json(), { claimed: false });
  const [asked, ...more] = door.takeDatabaseCalls();
  assertEquals([asked?.url, more], ["http://database.test/rest/v1/rpc/claim_chunk", []]);
  const values = JSON.parse(asked?.body ?? "");
  assertMatch(values.proposed_token, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assertEquals(values, { feed: "results", dispatch_id: 7, proposed_token: values.proposed_token });
});

Deno.test("without a worker secret no request is accepted, not even one without a secret", async () => {
  for (const secret of [undefined, "", "   "]) {
    if (secret === undefined) door.environment.delete("WORKER_SECRET");
    else door.environment.set("WORKER_SECRET", secret);
    for (const authorization of ["", "Bearer ", "Bearer    ", "Bearer undefined"]) {
      const response = await seen(
        await door.handle(request({ headers: { authorization }, body: '{"feed":"results"}' })),
      );
      assertEquals([response.status, response.body], [
        500,
        '{"message":"A setting is missing; see the log"}',
      ]);
    }
  }
  door.environment.set("WORKER_SECRET", WORKER_SECRET);
  assertEquals(door.takeDatabaseCalls(), []);
});

Deno.test("an answer for lack of a database says nothing of what is wrong with it", async () => {
  const fetch = globalThis.fetch;
  globalThis.fetch = () =>
    Promise.resolve(Response.json({ message: "password of postgres is hunter2" }, { status: 500 }));
  try {
    const response = await seen(await door.handle(request({ body: '{"feed":"results"}' })));
    assertEquals([response.status, response.body], [
      503,
      `{"message":"The database can't be reached; see the log"}`,
    ]);
  } finally {
    globalThis.fetch = fetch;
  }
});

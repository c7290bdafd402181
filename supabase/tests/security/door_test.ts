import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { loadHandler, type TestedHandler, WORKER_SECRET } from "./support/handler.ts";

/** The functions' door: who comes in, with what, and what the others learn. */
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

/** Everything that the caller gets to see. */
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

/** A body that is told about, but made only as far as it is read. */
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
];

for (const [what, headers] of strangers) {
  Deno.test(`a call with ${what} gets 401, with nothing said, asked or logged`, async () => {
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

Deno.test("of a stranger's call not one byte of the body is read", async () => {
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
  ["a field that nobody knows", '{"feed":"results","run_id":1}'],
  ["a call that is a text", '{"feed":"results","call":"1"}'],
  ["a call that is SQL", '{"feed":"results","call":"1; drop table ra_races"}'],
  ["a call below one", '{"feed":"results","call":0}'],
  ["half a call", '{"feed":"results","call":1.5}'],
  ["a call beyond all numbers", '{"feed":"results","call":1e999}'],
  ["a call beyond whole numbers", '{"feed":"results","call":9007199254740993}'],
  ["more than a kilobyte", `{"feed":"results"${" ".repeat(1024)}}`],
  ["a thousand lists in each other", "[".repeat(500) + "]".repeat(500)],
  ["UTF-16", new Uint8Array(Array.from('{"feed":"results"}').flatMap((letter) => [letter.charCodeAt(0), 0]))],
  ["a NUL in the feed", '{"feed":"results\\u0000"}'],
];

for (const [what, body] of brokenBodies) {
  Deno.test(`a body with ${what} is refused before the database is asked`, () => assertRefused(body));
}

Deno.test("whatever JSON comes, it is refused unless it is a feed's name and a number", async () => {
  await fc.assert(
    fc.asyncProperty(fc.json({ maxDepth: 4 }), async (body) => {
      fc.pre(body.length < 1024);
      await assertRefused(body);
    }),
    { numRuns: 300 },
  );
});

Deno.test("all that reaches the database is one of two words and a number, as values and in no SQL text", async () => {
  const headers = {
    authorization: `Bearer ${WORKER_SECRET}`,
    "x-feed": "'; --",
    prefer: "params=single-object",
  };
  const address = `${URL_OF_FUNCTION}/..%2fmasters?feed=masters&select=*&schema=engine';--`;
  const body = '{"call":7,"feed":"results"}';
  const response = await door.handle(new Request(address, { method: "POST", headers, body }));
  assertEquals(await response.json(), { claimed: false });
  assertEquals(door.takeDatabaseCalls(), [{
    url: "http://database.test/rest/v1/rpc/claim_chunk",
    body: '{"feed":"results","call_id":7}',
  }]);
});

Deno.test("without a worker secret nobody comes in, also nobody who shows none", async () => {
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

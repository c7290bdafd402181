import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { type SimulatedApi, startSimulatedApi } from "../../../../scripts/lab/racing_api/server.ts";
import { HandMovedClock } from "../../../tests/support/hand_moved_clock.ts";
import { type Endpoint, RacingApiClient } from "./client.ts";
import { RacingApiError } from "./racing_api_error.ts";

const USERNAME = "somebody";
const PASSWORD = "a password nobody can guess";
const QUERY = new URLSearchParams({ date: "2026-06-01" });

let api: SimulatedApi;
Deno.test.beforeAll(async () => {
  api = await startSimulatedApi({ seed: 1, speed: 1000, username: USERNAME, password: PASSWORD });
});
Deno.test.afterAll(() => api.close());
Deno.test.beforeEach(() => void (api.faults = () => undefined));

/** A client whose slots are granted as the test says: the n-th wait in milliseconds, then none. */
function clientWith(options: { waits?: number[]; password?: string; url?: string } = {}) {
  const clock = new HandMovedClock();
  const pushedBack: [Endpoint, number][] = [];
  const waits = options.waits ?? [];
  let reserved = 0;
  const client = new RacingApiClient({
    account: { url: options.url ?? api.url, username: USERNAME, password: options.password ?? PASSWORD },
    clock,
    fetch,
    budget: {
      reserveSlot: () => Promise.resolve(waits[reserved++] ?? 0),
      pushBackSlots: (endpoint, seconds) => Promise.resolve(void pushedBack.push([endpoint, seconds])),
    },
  });
  return { client, clock, pushedBack, reserved: () => reserved };
}

async function failureOf(client: RacingApiClient, query = QUERY): Promise<RacingApiError> {
  const error = await assertRejects(() => client.get("/racecards/pro", query));
  assertInstanceOf(error, RacingApiError);
  return error;
}

Deno.test("an answer is parsed, within one slot and one call", async () => {
  const { client, reserved } = clientWith();
  const { body } = await client.get("/racecards/pro", QUERY);
  assert(typeof body === "object" && body !== null && "racecards" in body);
  assertEquals([reserved(), client.takeCallCount(), client.takeCallCount()], [1, 1, 0]);
});

Deno.test("a call waits for its slot", async () => {
  const { client, clock } = clientWith({ waits: [444] });
  await client.get("/racecards/pro", QUERY);
  assertEquals(clock.sleeps, [444]);
});

Deno.test("a slot that is far away is not waited for: the chunk goes back until then", async () => {
  const { client, clock } = clientWith({ waits: [300_000] });
  const error = await failureOf(client);
  assertEquals([error.failure.failureClass, error.failure.retryAfterSeconds], ["transient", 300]);
  assertEquals([client.takeCallCount(), clock.sleeps], [0, []]);
});

Deno.test("a missed slot is given up for a new one", async () => {
  const { client, clock, reserved } = clientWith({ waits: [200, 300, 300] });
  const sleep = clock.sleep.bind(clock);
  clock.sleep = (milliseconds, signal) => {
    // The isolate stood still while it waited for the first slot.
    if (clock.sleeps.length === 0) clock.pass(101);
    return sleep(milliseconds, signal);
  };
  await client.get("/racecards/pro", QUERY);
  assertEquals([reserved(), client.takeCallCount()], [2, 1]);
});

Deno.test("wrong credentials are the account's failure, tried once, and never quoted", async () => {
  const { client } = clientWith({ password: "another password" });
  const error = await failureOf(client);
  assertEquals([error.failure.failureClass, error.failure.httpStatus], ["account", 401]);
  assert(error.message.includes("Check RACING_API_USERNAME, RACING_API_PASSWORD and the plan"));
  assert(!error.message.includes("another password") && !error.message.includes(USERNAME));
  assertEquals(client.takeCallCount(), 1);
});

Deno.test("a request that the API can't take is the chunk's failure, tried once", async () => {
  const { client } = clientWith();
  const error = await failureOf(client, new URLSearchParams({ date: "2026-06-01", limit: "501" }));
  assertEquals([error.failure.failureClass, error.failure.httpStatus], ["chunk", 422]);
  assertEquals(client.takeCallCount(), 1);
});

for (const status of [500, 502, 503, 504]) {
  Deno.test(`${status} is tried again, each time with a slot of its own`, async () => {
    const { client, clock, reserved } = clientWith();
    let answered = 0;
    api.faults = () => ++answered <= 2 ? { status } : undefined;
    await client.get("/racecards/pro", QUERY);
    assertEquals([client.takeCallCount(), reserved(), clock.sleeps], [3, 3, [1000, 4000]]);
  });
}

Deno.test("what fails three times is left to the chunk's next attempt", async () => {
  const { client } = clientWith();
  api.faults = () => ({ status: 502, body: "<html>Bad gateway</html>" });
  const error = await failureOf(client);
  assertEquals(error.failure, {
    failureClass: "transient",
    endpoint: "/racecards/pro",
    httpStatus: 502,
    retryAfterSeconds: null,
  });
  assertEquals(error.message, "/racecards/pro answered 502: <html>Bad gateway</html>");
  assertEquals(client.takeCallCount(), 3);
});

Deno.test("a 429 pushes all slots of the endpoint back, by Retry-After when there is one", async () => {
  const { client, clock, pushedBack } = clientWith();
  let answered = 0;
  api.faults = () => {
    answered++;
    if (answered === 1) return { status: 429, headers: { "retry-after": "7" } };
    return answered === 2 ? { status: 429 } : undefined;
  };
  await client.get("/racecards/pro", QUERY);
  assertEquals(pushedBack, [["/racecards/pro", 7], ["/racecards/pro", 1]]);
  assertEquals(clock.sleeps, [7000, 4000]);
});

Deno.test("a long Retry-After is not waited for in the invocation", async () => {
  const { client, clock } = clientWith();
  api.faults = () => ({ status: 503, headers: { "retry-after": "600" } });
  const error = await failureOf(client);
  assertEquals([error.failure.retryAfterSeconds, client.takeCallCount(), clock.sleeps], [600, 1, []]);
});

Deno.test("a body that was cut off, or is no JSON at all, is tried again", async () => {
  const { client } = clientWith();
  let answered = 0;
  api.faults = () => {
    answered++;
    if (answered === 1) return { status: 200, truncate: true };
    return answered === 2 ? { status: 200, body: "<html>Maintenance</html>" } : undefined;
  };
  await client.get("/racecards/pro", QUERY);
  assertEquals(client.takeCallCount(), 3);
});

Deno.test("an address without a server is a transient failure", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const { client } = clientWith({ url: `http://127.0.0.1:${port}/v1` });
  const error = await failureOf(client);
  assertEquals([error.failure.failureClass, error.failure.httpStatus], ["transient", null]);
  assert(error.message.startsWith("/racecards/pro could not be reached"), error.message);
});

Deno.test("an aborted call ends at once, with the abort's reason", async () => {
  const { client } = clientWith({ waits: [1000] });
  const abort = new AbortController();
  abort.abort(new Error("not needed any more"));
  await assertRejects(() => client.get("/racecards/pro", QUERY, abort.signal), Error, "not needed any more");
  assertEquals(client.takeCallCount(), 0);
});

Deno.test("an answer that takes too long is a failure that says how long, reported before the next request", async () => {
  const told: [string, number][] = [];
  const client = new RacingApiClient({
    account: { url: api.url, username: USERNAME, password: PASSWORD },
    clock: new HandMovedClock(),
    fetch,
    budget: { reserveSlot: () => Promise.resolve(0), pushBackSlots: () => Promise.resolve() },
    answerTimeoutSeconds: 1,
    onRetry: (error, request) => Promise.resolve(void told.push([error.message, request])),
  });
  const delays = [3000, 3000];
  api.faults = () => ({ status: 200, delayMs: delays.shift() ?? 0 });
  await client.get("/racecards/pro", QUERY);
  const message = "/racecards/pro did not answer within 1 s";
  assertEquals(told, [[message, 1], [message, 2]]);
});

import { assertEquals } from "@std/assert";
import { connect, type Sql } from "./database.ts";
import { type NetWorker, startNetWorker } from "./net_worker.ts";
import type { Platform } from "./platform.ts";
import { Events } from "../test_support/events.ts";
import { startTestPlatform } from "../test_support/test_project.ts";
import { until } from "../test_support/until.ts";
import type { pause } from "./waiting.ts";

/**
 * The pace of pg_net's stand-in, which is that of the real worker. The test ends the second between two batches by
 * hand.
 */

let platform: Platform;
let sql: Sql;
let worker: NetWorker;
let story = new Events<string>();
let answer: (path: string) => Promise<void>;

/** The second that the worker waits now, and what ends it. */
let second: { end: () => void } | undefined;
const wait: typeof pause = (_milliseconds, signal) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const own = { end: resolve };
  second = own;
  signal?.addEventListener("abort", () => resolve());
  return promise.then(() => {
    if (second === own) second = undefined;
  });
};

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
  const path = new URL(request.url).pathname;
  story.push(path);
  await answer(path);
  story.push(`${path} is answered`);
  return new Response();
});

Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({}, { functions: false });
  sql = connect(platform.databaseUrl, { max: 4, name: "test" });
  worker = await startNetWorker({ databaseUrl: platform.adminUrl, wait });
});
Deno.test.beforeEach(async () => {
  answer = () => Promise.resolve();
  await idle();
  story = new Events();
});
Deno.test.afterAll(async () => {
  await worker.stop();
  await sql.end();
  await platform.stop();
  await server.shutdown();
});

async function post(...paths: string[]): Promise<void> {
  const urls = paths.map((path) => `http://127.0.0.1:${server.addr.port}${path}`);
  await sql`select net.http_post(url) from unnest(${urls}::text[]) as url`;
}

/** The worker has sent everything and sleeps until it is woken. */
async function idle(): Promise<void> {
  let stillFor = 0;
  await until(() => {
    stillFor = second === undefined ? stillFor + 1 : 0;
    second?.end();
    return stillFor === 5;
  }, "a worker that sleeps");
}

const queued = async () => (await sql`select from net.http_request_queue`).length;

Deno.test("a single request leaves at once", async () => {
  await post("/lone");
  await story.next((event) => event === "/lone");
});

Deno.test("the first request that comes while a batch is sent, or after it, leaves when the batch is over", async () => {
  answer = async (path) => {
    if (path === "/first") await post("/second");
  };
  await post("/first");
  await story.next((event) => event === "/second is answered");
});

Deno.test("in a chain, each request but the first waits for the worker's second", async () => {
  const next: Record<string, string> = { "/1": "/2", "/2": "/3", "/3": "/4" };
  answer = async (path) => {
    if (next[path] !== undefined) await post(next[path]);
  };
  await post("/1");
  await story.next((event) => event === "/2 is answered");
  for (const waiting of ["/3", "/4"]) {
    await until(() => second !== undefined, "the worker's second");
    assertEquals([await queued(), story.all.includes(waiting)], [1, false]);
    second?.end();
    await story.next((event) => event === `${waiting} is answered`);
  }
});

Deno.test("the slowest request of a batch delays the next batch, and the answers of its own", async () => {
  const slow = Promise.withResolvers<void>();
  answer = (path) => path === "/slow" ? slow.promise : Promise.resolve();
  await sql`truncate net._http_response`;
  await post("/slow", "/quick");
  await story.next((event) => event === "/quick is answered");
  await post("/later");
  // Long enough for a worker that does not wait.
  await new Promise((resolve) => setTimeout(resolve, 300));
  assertEquals([await queued(), (await sql`select from net._http_response`).length], [1, 0]);
  slow.resolve();
  await story.next((event) => event === "/later is answered");
  assertEquals(story.all, [
    "/slow",
    "/quick",
    "/quick is answered",
    "/slow is answered",
    "/later",
    "/later is answered",
  ]);
});

Deno.test("a batch is 200 requests: the requests behind it wait for the worker's second", async () => {
  await post(...Array.from({ length: 200 }, () => "/foreign"), "/ours");
  await until(
    async () => second !== undefined && await queued() === 1,
    "the worker's second, with one request left",
  );
  assertEquals(story.all.includes("/ours"), false);
  second?.end();
  await story.next((event) => event === "/ours is answered");
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, type Sql } from "./database.ts";
import type { Delivery, Dispatch } from "./net_worker.ts";
import type { Platform } from "./platform.ts";
import { Events } from "../test_support/events.ts";
import { startTestPlatform } from "../test_support/test_project.ts";

let platform: Platform;
let sql: Sql;
let decide: (dispatch: Dispatch) => Delivery = () => "deliver";

interface Arrival {
  method: string;
  path: string;
  body: unknown;
  headers: Headers;
  at: number;
}
let arrivals = new Events<Arrival>();
let answer: (request: Request) => Response | Promise<Response>;

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
  const url = new URL(request.url);
  const { method, headers } = request;
  const text = await request.text();
  const body = text === "" ? undefined : JSON.parse(text);
  arrivals.push({ method, path: url.pathname + url.search, body, headers, at: performance.now() });
  return await answer(request);
});
const target = `http://127.0.0.1:${server.addr.port}`;

Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({}, { onDispatch: (dispatch) => decide(dispatch) });
  sql = connect(platform.databaseUrl, { max: 4, name: "test" });
});
Deno.test.beforeEach(() => {
  arrivals = new Events();
  answer = () => Response.json({ ok: true });
  decide = () => "deliver";
});
Deno.test.afterAll(async () => {
  await sql.end();
  await platform.stop();
  await server.shutdown();
});

async function post(
  path: string,
  timeout = 5000,
  body: Record<string, string | number> = {},
): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    select net.http_post(${target + path}, ${sql.json(body)}, timeout_milliseconds => ${timeout}) as id
  `;
  return row?.id ?? "";
}

/** The stored response, as soon as it is there. */
async function responseTo(id: string) {
  for (;;) {
    const [row] = await sql`select * from net._http_response where id = ${id}`;
    if (row) return row;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

Deno.test("http_post() sends the body and the headers, and stores the answer", async () => {
  const id = await post("/hello", 5000, { feed: "results" });
  const arrival = await arrivals.next();
  assertEquals([arrival.method, arrival.path, arrival.body], ["POST", "/hello", { feed: "results" }]);
  assertEquals(arrival.headers.get("content-type"), "application/json");
  const response = await responseTo(id);
  assertEquals([response.status_code, response.content, response.timed_out], [200, '{"ok":true}', false]);
});

Deno.test("http_get() encodes its parameters", async () => {
  await sql`select net.http_get(${target + "/list"}, '{"name": "a b&ü", "n": 1}')`;
  assertEquals((await arrivals.next()).path, "/list?n=1&name=a%20b%26%C3%BC");
});

Deno.test("http_post() refuses a body that is not announced as JSON", async () => {
  await assertRejects(
    () => sql`select net.http_post(${target}, '{}', headers => '{"content-type": "text/plain"}')`.execute(),
    Error,
    'Content-Type header must be "application/json"',
  );
});

Deno.test("a request is sent after the commit, and never after a rollback", async () => {
  const order: string[] = [];
  await assertRejects(() =>
    sql.begin(async (transaction) => {
      await transaction`select net.http_post(${target + "/undone"})`;
      throw new Error("undo");
    })
  );
  await sql.begin(async (transaction) => {
    await transaction`select net.http_post(${target + "/done"})`;
    // Long enough for a request that did not wait for the commit to arrive.
    await transaction`select pg_sleep(0.3)`;
    order.push("commit");
  });
  order.push((await arrivals.next()).path);
  assertEquals(order, ["commit", "/done"]);
  assertEquals(arrivals.all.length, 1);
});

Deno.test("a request that times out is given up and not tried again", async () => {
  const release = Promise.withResolvers<Response>();
  answer = () => release.promise;
  const response = await responseTo(await post("/slow", 200));
  release.resolve(new Response());
  assertEquals([response.timed_out, response.status_code], [true, null]);
  assertEquals(response.error_msg, "Timeout of 200 ms reached");
  await post("/next");
  await arrivals.next((arrival) => arrival.path === "/next");
  assertEquals(arrivals.all.map((arrival) => arrival.path), ["/slow", "/next"]);
});

Deno.test("a request that fails is not tried again", async () => {
  answer = () => new Response("no", { status: 503 });
  assertEquals((await responseTo(await post("/failing"))).status_code, 503);
  const [queue] = await sql`select count(*)::integer as waiting from net.http_request_queue`;
  assertEquals(queue?.waiting, 0);
  assertEquals(arrivals.all.length, 1);
});

Deno.test("a request to an address without a server stores an error", async () => {
  const [row] = await sql<{ id: string }[]>`select net.http_post('http://127.0.0.1:1/') as id`;
  const response = await responseTo(row?.id ?? "");
  assertEquals([response.status_code, response.timed_out], [null, false]);
  assert(response.error_msg.length > 0);
});

Deno.test("a dispatch can be lost in transit, and then leaves no answer", async () => {
  const seen = new Events<Dispatch>();
  decide = (dispatch) => {
    seen.push(dispatch);
    return dispatch.url.endsWith("/lost") ? "drop" : "deliver";
  };
  const id = await post("/lost", 5000, { n: 1 });
  assertEquals(await seen.next(), { id: Number(id), url: `${target}/lost`, body: { n: 1 } });
  await responseTo(await post("/kept"));
  assertEquals(arrivals.all.map((arrival) => arrival.path), ["/kept"]);
  const [lost] = await sql`select count(*)::integer as answers from net._http_response where id = ${id}`;
  assertEquals(lost?.answers, 0);
});

Deno.test("a dispatch can arrive twice", async () => {
  decide = () => "twice";
  await responseTo(await post("/double"));
  assertEquals(arrivals.all.map((arrival) => arrival.path), ["/double", "/double"]);
});

Deno.test("a dispatch can arrive late, without delaying the others, and is in flight until it is answered", async () => {
  const release = Promise.withResolvers<void>();
  decide = (dispatch) => dispatch.url.endsWith("/late") ? { lateUntil: release.promise } : "deliver";
  const id = await post("/late");
  await responseTo(await post("/punctual"));
  assertEquals(arrivals.all.map((arrival) => arrival.path), ["/punctual"]);
  const [queue] = await sql`select count(*)::integer as waiting from net.http_request_queue`;
  assertEquals([queue?.waiting, platform.dispatchesInFlight()], [0, 1]);
  release.resolve();
  assertEquals((await responseTo(id)).status_code, 200);
  assertEquals(arrivals.all.map((arrival) => arrival.path), ["/punctual", "/late"]);
  while (platform.dispatchesInFlight() > 0) await new Promise((resolve) => setTimeout(resolve, 10));
});

Deno.test("what the API roles may do with it is what they may on the platform", async () => {
  for (const role of ["anon", "authenticated", "service_role"]) {
    await sql.begin(async (transaction) => {
      await transaction`select set_config('role', ${role}, true)`;
      await transaction`select net.http_post(${target + "/from"}, ${sql.json({ role })})`;
    });
    assertEquals((await arrivals.next()).body, { role });
  }
});

Deno.test("a row inserted into the queue by hand is sent with the next request, because it does not wake the worker", async () => {
  await sql`
    insert into net.http_request_queue (method, url, timeout_milliseconds) values ('GET', ${
    target + "/by-hand"
  }, 1000)
  `;
  await post("/called");
  await arrivals.next((arrival) => arrival.path === "/called");
  assertEquals(arrivals.all.map((arrival) => arrival.path), ["/by-hand", "/called"]);
});

Deno.test("the worker goes on when the database has been restarted", async () => {
  await platform.restartDatabase();
  await post("/afterwards");
  await arrivals.next((arrival) => arrival.path === "/afterwards");
});

Deno.test("a restart in order keeps the ids going", async () => {
  const before = Number(await post("/before"));
  await platform.restartDatabase();
  assert(Number(await post("/afterwards")) > before);
});

Deno.test("a crash of the database empties the queue's tables, and the ids start at 1 again", async () => {
  await responseTo(await post("/before"));
  await platform.restartDatabase("immediate");
  const [left] = await sql`select count(*)::integer as answers from net._http_response`;
  assertEquals(left?.answers, 0);
  assertEquals(await post("/afterwards"), "1");
  await arrivals.next((arrival) => arrival.path === "/afterwards");
});

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { IsolateWork, Platform, PlatformOptions, Problem } from "./platform.ts";
import { Events } from "../test_support/events.ts";
import { startTestPlatform } from "../test_support/test_project.ts";
import { until } from "../test_support/until.ts";

// Short enough for a test: retired after 2 s, notified at 3.6 s, killed after 4 s.
const WALL_CLOCK_SECONDS = 4;

const FUNCTIONS: Record<string, string> = {
  hello: `
    const born = crypto.randomUUID();
    addEventListener("beforeunload", (event) => console.log("beforeunload " + event.detail.reason));
    Deno.serve(async (request) => {
      const url = new URL(request.url);
      return Response.json(
        { born, method: request.method, path: url.pathname + url.search, header: request.headers.get("x-mine"),
          body: await request.text() },
        { status: 201, headers: { "x-answer": "yes" } },
      );
    });`,
  environment: `
    Deno.serve({ onListen() {} }, () => Response.json(Deno.env.toObject()));`,
  rights: `
    Deno.serve(async () => {
      const denied = async (attempt) => { try { await attempt(); return false; } catch (error) { return error.name; } };
      return Response.json({
        read: await denied(() => Deno.readTextFile("/etc/hostname")),
        write: await denied(() => Deno.writeTextFile("/tmp/x", "")),
        run: await denied(() => new Deno.Command("true").output()),
      });
    });`,
  background: `
    const born = crypto.randomUUID();
    addEventListener("beforeunload", (event) => console.log("beforeunload " + event.detail.reason));
    Deno.serve(async (request) => {
      const { milliseconds } = await request.json();
      EdgeRuntime.waitUntil((async () => {
        console.log("begun");
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
        console.log("done");
      })());
      return Response.json({ born }, { status: 202 });
    });`,
  clock: `
    Deno.serve(() => Response.json({
      now: Date.now(),
      made: new Date().getTime(),
      called: Date.parse(Date()),
      given: new Date("2026-06-15T11:00:00Z").toISOString(),
      parts: new Date(2026, 5, 15).getMonth(),
      same: new Date() instanceof Date && new Date().constructor === Date && Date.UTC(2026, 0) === 1767225600000,
    }));`,
  rejected: `
    Deno.serve(() => {
      EdgeRuntime.waitUntil(Promise.reject(new Error("lost in the background")));
      return new Response("answered");
    });`,
  slow: `
    const born = crypto.randomUUID();
    Deno.serve(async (request) => {
      const milliseconds = Number(new URL(request.url).searchParams.get("ms"));
      console.log("begun");
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return Response.json({ born });
    });`,
  hungry: `
    Deno.serve(() => {
      const kept = [];
      for (;;) kept.push(new Array(100_000).fill(Math.random()));
    });`,
  broken: `throw new Error("it does not even start");`,
  wrong: `Deno.serve(() => { throw new Error("a handler that throws"); });`,
  _shared: `throw new Error("no function");`,
};

let platform: Platform;
const logs = new Events<string>();
const down = new Events<Problem>();
const work = new Events<IsolateWork>();
let clockSkew = 0;

Deno.test.beforeAll(async () => {
  platform = await startTestPlatform({ functions: FUNCTIONS }, {
    wallClockSeconds: WALL_CLOCK_SECONDS,
    memoryMegabytes: 64,
    importMap: null,
    functionEnvironment: { MY_SETTING: "mine" },
    functionClockSkewMilliseconds: () => clockSkew,
    onFunctionLog: (line, name) => logs.push(`${name}: ${line}`),
    onFunctionDown: (problem) => down.push(problem),
    onIsolateWork: (done) => work.push(done),
  });
});
Deno.test.beforeEach(() => {
  logs.forget();
  down.forget();
});
Deno.test.afterEach(async () => {
  await platform.killFunctionInstances();
});
Deno.test.afterAll(() => platform.stop());

const call = (path: string, init?: RequestInit) =>
  fetch(`${platform.supabaseUrl}/functions/v1/${path}`, init);
const callBackground = (milliseconds: number) =>
  call("background", { method: "POST", body: JSON.stringify({ milliseconds }) });
const bornOf = async (response: Promise<Response>): Promise<string> => (await (await response).json()).born;

/** What is in the log that a sentence about a function names; the file is removed. */
async function takeKeptLog({ message }: Problem): Promise<string> {
  const [, path = ""] = message.match(/logged is in (\S+\.log)\./) ?? [];
  const text = await Deno.readTextFile(path);
  await Deno.remove(path);
  return text;
}

Deno.test("a function sees the request, and its answer comes back whole", async () => {
  const response = await call("hello/deep?x=1", { method: "PUT", body: "data", headers: { "x-mine": "ü" } });
  const { born: _, ...seen } = await response.json();
  assertEquals(seen, { method: "PUT", path: "/hello/deep?x=1", header: "ü", body: "data" });
  assertEquals([response.status, response.headers.get("x-answer")], [201, "yes"]);
});

Deno.test("a function finds the platform's secrets and its own settings in its environment", async () => {
  const environment = await (await call("environment")).json();
  assertEquals(environment.SUPABASE_URL, platform.supabaseUrl);
  assertEquals(JSON.parse(environment.SUPABASE_SECRET_KEYS), { default: platform.secretKey });
  assertEquals(JSON.parse(environment.SUPABASE_PUBLISHABLE_KEYS), { default: platform.publishableKey });
  assertEquals(environment.SUPABASE_DB_URL, platform.databaseUrl);
  assertEquals(environment.WORKER_SECRET, platform.workerSecret);
  assertEquals(environment.MY_SETTING, "mine");
  assertEquals(Object.keys(environment).filter((name) => name.startsWith("EDGE_")), []);
});

Deno.test("nothing else of the caller's environment reaches a function", async () => {
  Deno.env.set("A_SECRET_OF_THE_CALLER", "private");
  assertEquals((await (await call("environment")).json()).A_SECRET_OF_THE_CALLER, undefined);
});

Deno.test("a function may use the network and its environment, and nothing else", async () => {
  assertEquals(await (await call("rights")).json(), {
    read: "NotCapable",
    write: "NotCapable",
    run: "NotCapable",
  });
});

Deno.test("an isolate is kept warm and used again", async () => {
  assertEquals(await bornOf(call("hello")), await bornOf(call("hello")));
});

Deno.test("requests at the same time get isolates of their own, up to six", async () => {
  // The gate opens when all nine have arrived, so that none of them finds an idle isolate. On a platform of its own,
  // whose
  // isolates live long enough on a slow machine.
  const HELD = `
    const born = crypto.randomUUID();
    Deno.serve(async (request) => {
      await fetch(new URL(request.url).searchParams.get("gate"));
      return Response.json({ born });
    });`;
  const patient = await startTestPlatform({ functions: { held: HELD } }, { importMap: null });
  const everybodyIsThere = Promise.withResolvers<void>();
  let there = 0;
  const gate = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    if (++there === 9) everybodyIsThere.resolve();
    await everybodyIsThere.promise;
    return new Response("open");
  });
  try {
    const held = `${patient.supabaseUrl}/functions/v1/held?gate=http://127.0.0.1:${gate.addr.port}/`;
    const born = await Promise.all(Array.from({ length: 9 }, () => bornOf(fetch(held))));
    assertEquals(new Set(born).size, 6);
  } finally {
    everybodyIsThere.resolve();
    await gate.shutdown();
    await patient.stop();
  }
});

Deno.test("waitUntil() goes on after the answer", async () => {
  const response = await callBackground(300);
  assertEquals(response.status, 202);
  await response.body?.cancel();
  assertEquals(logs.all.includes("background: done"), false);
  await logs.next((line) => line === "background: done");
});

Deno.test("when an isolate begins, answers and ends to work is told, and the end comes after what it does in the background", async () => {
  const before = work.all.length;
  await (await callBackground(200)).body?.cancel();
  await logs.next((line) => line === "background: done");
  const told = () => work.all.slice(before);
  await until(() => told().at(-1)?.does === "end", "the end of the work");
  const [begun, answered] = told();
  assertEquals([begun?.does, answered?.does, answered?.status], ["begin", "answer", 202]);
  assertEquals(new Set(told().map(({ pid, functionName }) => `${pid} ${functionName}`)).size, 1);
  const count = (does: IsolateWork["does"]) => told().filter((done) => done.does === does).length;
  assertEquals([count("answer"), count("begin")], [1, count("end")]);
});

Deno.test("an isolate with work in the background leaves a new request to another one", async () => {
  const first = await bornOf(callBackground(1000));
  await logs.next((line) => line === "background: begun");
  assertNotEquals(await bornOf(callBackground(0)), first);
});

Deno.test("the clock of a new isolate can be wrong by minutes, whichever way it is read", async () => {
  for (const minutes of [7, -7]) {
    clockSkew = minutes * 60_000;
    const { now, made, called, ...rest } = await (await call("clock")).json();
    for (const [name, moment] of Object.entries({ now, made, called })) {
      const wrongBy = (moment as number - Date.now()) / 60_000;
      assert(Math.abs(wrongBy - minutes) < 0.5, `${name} is wrong by ${wrongBy} minutes`);
    }
    assertEquals(rest, { given: "2026-06-15T11:00:00.000Z", parts: 5, same: true });
    await platform.killFunctionInstances();
  }
  clockSkew = 0;
});

Deno.test("the platform knows how many isolates are busy, and how many it killed", async () => {
  assertEquals([platform.busyFunctionInstances(), await platform.killFunctionInstances()], [0, 0]);
  await call("hello");
  await callBackground(60_000);
  await logs.next((line) => line === "background: begun");
  assertEquals(platform.busyFunctionInstances(), 1);
  assertEquals([await platform.killFunctionInstances(), platform.busyFunctionInstances()], [2, 0]);
});

Deno.test("a failure in the background is logged and harms nothing", async () => {
  assertEquals(await (await call("rejected")).text(), "answered");
  await logs.next((line) => line.includes("lost in the background"));
  assertEquals(await (await call("rejected")).text(), "answered");
});

Deno.test("an isolate past half its wall clock takes no new request, and is dropped when it is done", async () => {
  const first = await bornOf(callBackground(2500));
  await logs.next((line) => line === "background: done");
  await logs.next((line) => line === "background: beforeunload early_drop", 1000);
  assertNotEquals(await bornOf(callBackground(0)), first);
});

Deno.test("an isolate is notified before its wall clock ends, and then killed while it works", async () => {
  const start = performance.now();
  const response = await callBackground(60_000);
  await response.body?.cancel();
  await logs.next((line) => line === "background: beforeunload wall_clock");
  const told = performance.now() - start;
  assert(told > 3300 && told < 4000, `told after ${told} ms`);
});

Deno.test("a request that is still open at the wall clock is answered with 546", async () => {
  const start = performance.now();
  const response = await call("slow?ms=60000");
  const killed = performance.now() - start;
  assertEquals([response.status, (await response.json()).code], [546, "WORKER_LIMIT"]);
  assert(killed > 3800 && killed < 5000, `killed after ${killed} ms`);
});

Deno.test("a function that takes too much memory is ended, and the next request gets a new isolate", async () => {
  const response = await call("hungry");
  assertEquals([response.status, (await response.json()).code], [546, "WORKER_LIMIT"]);
  assertEquals((await call("hello")).status, 201);
});

Deno.test("killFunctionInstances() ends what runs, in the middle of it", async () => {
  const open = call("slow?ms=60000");
  await logs.next((line) => line === "slow: begun");
  await platform.killFunctionInstances();
  assertEquals((await (await open).json()).code, "WORKER_ERROR");
  assertEquals((await call("slow?ms=0")).status, 200);
});

Deno.test("a function that does not start is a BOOT_ERROR with the reason in the log", async () => {
  const response = await call("broken");
  assertEquals([response.status, (await response.json()).code], [503, "BOOT_ERROR"]);
  await logs.next((line) => line.includes("it does not even start"));
  await takeKeptLog(await down.next());
});

Deno.test("a function that fails to start three times is reported, with its output and the path of its log", async () => {
  assertEquals((await call("broken")).status, 503);
  const problem = await down.next();
  assert(
    problem.message.startsWith('The function "broken" failed to start three times in a row.'),
    problem.message,
  );
  assert(problem.message.includes("it does not even start"), problem.message);
  const starts = (await takeKeptLog(problem)).match(/broken: .*"event":"shutdown"/g)?.length ?? 0;
  assert(starts >= 3, `${starts} starts are in the log`);
});

/** A platform for one function that asks a gate whether it may start. */
async function withGate(
  source: string,
  answers: readonly boolean[],
  test: (gated: Platform, told: Events<Problem>) => Promise<void>,
  options: PlatformOptions = {},
): Promise<void> {
  const told = new Events<Problem>();
  let asked = 0;
  const gate = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(null, { status: answers[asked++] ?? true ? 204 : 403 }),
  );
  await using gated = await startTestPlatform({ functions: { gated: source } }, {
    importMap: null,
    functionEnvironment: { GATE: `http://127.0.0.1:${gate.addr.port}/` },
    onFunctionDown: (problem) => told.push(problem),
    ...options,
  });
  try {
    await test(gated, told);
  } finally {
    await gate.shutdown();
  }
}

const GATED = `
  const { ok } = await fetch(Deno.env.get("GATE"));
  if (!ok) throw new Error("the gate is shut");
  Deno.serve(() => new Response("open"));`;

Deno.test("two failed starts, a success and two more failures are not reported", async () => {
  await withGate(GATED, [false, false, true, false, false, true], async (gated, told) => {
    for (const _round of [1, 2]) {
      const response = await fetch(`${gated.supabaseUrl}/functions/v1/gated`);
      assertEquals([response.status, await response.json().then(({ code }) => code)], [503, "BOOT_ERROR"]);
      // The start without a request succeeds.
      let open = false;
      for (let tries = 0; tries < 100 && !open; tries++) {
        const answer = await fetch(`${gated.supabaseUrl}/functions/v1/gated`);
        open = await answer.text() === "open";
      }
      assert(open, "the function never started");
      await gated.killFunctionInstances();
    }
    assertEquals(told.all, []);
  });
});

Deno.test("a function that never listens has failed to start too, and its caller gets an answer", async () => {
  const HANGS = 'console.log("waiting for something"); setInterval(() => {}, 1000);';
  await withGate(HANGS, [], async (gated, told) => {
    const response = await fetch(`${gated.supabaseUrl}/functions/v1/gated`);
    assertEquals([response.status, (await response.json()).code], [503, "BOOT_ERROR"]);
    const problem = await told.next();
    for (
      const words of ['"gated" failed to start three times', "waiting for something", "listened to nothing"]
    ) {
      assert(problem.message.includes(words), problem.message);
    }
    await takeKeptLog(problem);
  }, { startSeconds: 1 });
});

Deno.test("a handler that throws is a 500", async () => {
  assertEquals((await call("wrong")).status, 500);
});

Deno.test("an unknown function is not found", async () => {
  for (const name of ["nothing", "_shared", "..%2fhello"]) {
    const response = await call(name);
    assertEquals([response.status, (await response.json()).code], [404, "NOT_FOUND"]);
  }
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { HandMovedClock } from "../../../tests/support/hand_moved_clock.ts";
import { createLogger } from "../log.ts";
import { DatabaseError, type DatabaseFailure } from "./database_error.ts";
import { createEngineClient, type EngineClient } from "./engine_client.ts";

/**
 * How calls of database functions are repeated. What the database makes of them is in the tests of the SQL functions.
 */
interface Bench {
  readonly engine: EngineClient;
  readonly clock: HandMovedClock;
  /** The bodies of the calls that were made. */
  readonly calls: Record<string, unknown>[];
  readonly log: string[];
}

/** @param answer The outcome of the nth call, from 1 on, at this time. */
function bench(answer: (nth: number, milliseconds: number) => Response | Error): Bench {
  const clock = new HandMovedClock();
  const start = clock.monotonic();
  const calls: Record<string, unknown>[] = [];
  const log: string[] = [];
  const engine = createEngineClient({
    supabaseUrl: "http://database.test",
    secretKey: "sb_secret_of_this_test",
  }, {
    clock,
    log: createLogger([], (_level, line) => void log.push(line)),
    fetch: async (input, init) => {
      calls.push(JSON.parse(await new Request(input, init).text()));
      const answered = answer(calls.length, clock.monotonic() - start);
      if (answered instanceof Error) throw answered;
      return answered;
    },
  });
  return { engine, clock, calls, log };
}

const failed = (status: number, code: string) =>
  Response.json({ code, message: "no", details: null, hint: null }, { status });
const slot = () => Response.json(0);
const passed = ({ clock }: Bench) => clock.sleeps.reduce((sum, pause) => sum + pause, 0);

const AWAY: [what: string, answer: () => Response | Error][] = [
  ["no answer", () => new TypeError("connection refused")],
  ["PostgREST without a connection", () => failed(503, "PGRST000")],
  ["PostgREST whose connection broke", () => failed(503, "PGRST001")],
  ["PostgREST without its schema cache", () => failed(503, "PGRST002")],
  ["PostgREST without a free connection", () => failed(504, "PGRST003")],
  ["a proxy's 502", () => new Response("<h1>Bad Gateway</h1>", { status: 502 })],
  ["a proxy's 503", () => new Response("upstream connect error", { status: 503 })],
  ["a proxy's 504", () => new Response("The upstream server is timing out", { status: 504 })],
  ["a proxy's 522", () => new Response("Connection timed out", { status: 522 })],
  ["too many calls", () => new Response("Too many requests", { status: 429 })],
  ["a session ended by the shutdown", () => failed(503, "57P01")],
  ["a session ended by a crash", () => failed(500, "57P02")],
  ["a server that is starting", () => failed(500, "57P03")],
  ["a broken connection", () => failed(503, "08006")],
  ["a connection that broke within a statement", () => failed(400, "")],
];

for (const [what, answer] of AWAY) {
  Deno.test(`with ${what}, a call is repeated for twenty seconds, and goes on when the database is back`, async () => {
    const back = bench((_nth, milliseconds) => milliseconds < 19_000 ? answer() : slot());
    assertEquals(await back.engine.reserveSlot("/results"), 0);
    assert(back.log.every((line) => line.includes('"database call repeated"')), back.log.join("\n"));

    const gone = bench(answer);
    const error = await assertRejects(() => gone.engine.reserveSlot("/results"), DatabaseError);
    assertEquals(error.failure satisfies DatabaseFailure, "unreachable");
    assert(passed(gone) > 17_000 && passed(gone) <= 20_000, `${passed(gone)} ms`);
  });
}

Deno.test("the pauses grow from a quarter of a second to two seconds", async () => {
  const { engine, clock } = bench((nth) => nth < 7 ? failed(503, "PGRST000") : slot());
  await engine.reserveSlot("/results");
  assertEquals(clock.sleeps, [250, 500, 1000, 2000, 2000, 2000]);
});

Deno.test("the twenty seconds begin with the first failure, even after a long call", async () => {
  const made = bench((nth) => {
    if (nth === 1) made.clock.pass(60_000);
    return nth < 5 ? failed(504, "") : slot();
  });
  assertEquals(await made.engine.reserveSlot("/results"), 0);
});

for (const code of ["57014", "55P03", "40P01"]) {
  Deno.test(`what the database rolled back with ${code} is tried three times`, async () => {
    const passing = bench((nth) => nth < 3 ? failed(500, code) : slot());
    assertEquals(await passing.engine.reserveSlot("/results"), 0);
    assertEquals(passing.clock.sleeps, [500, 1000]);

    const failing = bench(() => failed(500, code));
    const error = await assertRejects(() => failing.engine.reserveSlot("/results"), DatabaseError);
    assertEquals([error.failure, failing.calls.length], ["rolled back", 3]);
  });
}

Deno.test("what the project's gateway refuses is not repeated", async () => {
  const refusing = bench(() => Response.json({ message: "Invalid API key" }, { status: 401 }));
  const error = await assertRejects(() => refusing.engine.reserveSlot("/results"), DatabaseError);
  assertEquals([error.failure, refusing.calls.length], ["refused", 1]);
});

Deno.test("what the database refuses is not repeated", async () => {
  for (
    const [status, code] of [[400, "22023"], [403, "42501"], [404, "PGRST202"], [424, "PT424"], [
      500,
      "XX000",
    ]] as const
  ) {
    const refusing = bench(() => failed(status, code));
    const error = await assertRejects(() => refusing.engine.reserveSlot("/results"), DatabaseError);
    assertEquals([error.failure, refusing.calls.length], ["refused", 1]);
  }
});

Deno.test("a claim is repeated with the token that it proposed at first, and another claim proposes another", async () => {
  const { engine, calls } = bench((nth) => nth % 3 ? new TypeError("connection reset") : Response.json([]));
  assertEquals([await engine.claimChunk("results", 7), await engine.claimChunk("results", 8)], [null, null]);
  const tokens = calls.map((call) => call["proposed_token"]);
  assertEquals(new Set(tokens.slice(0, 3)).size, 1);
  assertEquals(new Set(tokens).size, 2);
  assertEquals(calls.map((call) => call["dispatch_id"]), [7, 7, 7, 8, 8, 8]);
});

Deno.test("a claim by hand has no id, and is not repeated", async () => {
  const { engine, calls } = bench(() => failed(503, "PGRST000"));
  await assertRejects(() => engine.claimChunk("results", null), DatabaseError);
  assertEquals(calls, [{ feed: "results" }]);
});

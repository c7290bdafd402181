import { assertEquals, assertRejects } from "@std/assert";
import { DatabaseError } from "../errors/database_error.ts";
import { HandMovedClock } from "../testing/hand_moved_clock.ts";
import { connectEngine, type Engine } from "./database.ts";

/** A project's API that answers with one status after the other, and well after the last. */
async function withStatuses(statuses: number[], work: (engine: Engine) => Promise<void>): Promise<number> {
  let asked = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    await request.body?.cancel();
    const status = statuses[asked++] ?? 200;
    if (status === 200) return Response.json("2026-06-15T11:00:00Z");
    return Response.json({ code: "", message: "no more oats", details: null, hint: null }, { status });
  });
  try {
    await work(connectEngine(
      { supabaseUrl: `http://127.0.0.1:${server.addr.port}`, secretKey: "sb_secret_1" },
      { clock: new HandMovedClock(), log: { error: () => {} } },
    ));
    return asked;
  } finally {
    await server.shutdown();
  }
}

for (const status of [429, 502, 503, 504]) {
  Deno.test(`a call of the database that is answered ${status} is sent again`, async () => {
    const asked = await withStatuses([status], async (engine) => void await engine.reserveSlot("/results"));
    assertEquals(asked, 2);
  });
}

for (const status of [400, 404, 424, 500, 501]) {
  Deno.test(`a call of the database that is answered ${status} is not sent again`, async () => {
    const asked = await withStatuses([status], async (engine) => {
      await assertRejects(() => engine.reserveSlot("/results"), DatabaseError, "reserve_slot: no more oats");
    });
    assertEquals(asked, 1);
  });
}

Deno.test("a call of the database is sent three times at most", async () => {
  const asked = await withStatuses([502, 502, 502], async (engine) => {
    await assertRejects(() => engine.reserveSlot("/results"), DatabaseError);
  });
  assertEquals(asked, 3);
});

import { assertEquals, assertRejects } from "@std/assert";
import { Problem } from "../command_line/problem.ts";
import { type SimulatedApi, startSimulatedApi } from "../lab/racing_api/server.ts";
import { describeAccount, probeAccount } from "./racing_api_account.ts";

const NOW = new Date("2026-11-25T10:00:00Z");

async function withApi(work: (api: SimulatedApi) => Promise<void>): Promise<void> {
  const api = await startSimulatedApi({
    seed: 1,
    speed: 20,
    username: "me",
    password: "secret-word",
    now: () => NOW,
  });
  try {
    await work(api);
  } finally {
    await api.close();
  }
}

const effects = { fetch: globalThis.fetch, now: NOW, wait: () => Promise.resolve() };
const account = (api: SimulatedApi, password = "secret-word") => ({ url: api.url, username: "me", password });

Deno.test("each plan is told by what it may read", () =>
  withApi(async (api) => {
    const found = [];
    for (const plan of ["Free", "Standard", "Pro"] as const) {
      api.plan = plan;
      found.push(describeAccount(await probeAccount(account(api), effects)));
    }
    assertEquals(found, [
      "Free plan: master data only; racecards need the Pro plan, results the Standard plan",
      "Standard plan: results, no racecards (these need the Pro plan); results from 2015 on",
      "Pro plan: racecards and results; results from 2015 on",
    ]);
  }));

Deno.test("without the historical add-on it says how far back results go", () =>
  withApi(async (api) => {
    api.faults = ({ query }) =>
      query.includes("2025-07") ? { status: 401, body: '{"detail":"Add-on required"}' } : undefined;
    assertEquals((await probeAccount(account(api), effects)).hasHistory, false);
  }));

Deno.test("a wrong password is told without repeating it, and after one call", () =>
  withApi(async (api) => {
    const error = await assertRejects(
      () => probeAccount(account(api, "not-this-one"), effects),
      Problem,
      "(401",
    );
    assertEquals([error.message.includes("not-this-one"), api.calls().length], [false, 1]);
  }));

Deno.test("an API at its rate limit is asked again, a broken one is told from a refusal", () =>
  withApi(async (api) => {
    api.faults = ({ n, endpoint }) => endpoint === "/results" && n === 1 ? { status: 429 } : undefined;
    assertEquals((await probeAccount(account(api), effects)).plan, "Pro");
    api.faults = ({ endpoint }) => endpoint === "/racecards/pro" ? { status: 502 } : undefined;
    await assertRejects(() => probeAccount(account(api), effects), Problem, "answered 502");
  }));

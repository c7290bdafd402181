import { assert, assertEquals, assertRejects } from "@std/assert";
import { present } from "../test_support/present.ts";
import { describeReplay } from "./replay.ts";
import { type SimulatedApi, startSimulatedApi } from "./server.ts";

const SAMPLES = new URL("../../../../shared/racing-api/samples", import.meta.url).pathname;

type Json = Record<string, unknown>;

function result(id: string, off: string, extra: Json = {}): Json {
  return {
    race_id: id,
    date: off.slice(0, 10),
    region: "GB",
    course: "Testing (AW)",
    course_id: "crs_1",
    off: "2:00",
    off_dt: off,
    runners: [{ horse_id: "hrs_1", position: "1" }],
    ...extra,
  };
}

function card(id: string, off: string, extra: Json = {}): Json {
  return { ...result(id, off), off_time: "2:00", ...extra };
}

async function withFolder(
  files: Record<string, unknown>,
  test: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function start(replayFolder: string): Promise<SimulatedApi> {
  return startSimulatedApi({ seed: 1, speed: 1_000, username: "user", password: "pass", replayFolder });
}

async function withReplay(
  files: Record<string, unknown>,
  test: (api: SimulatedApi, get: (path: string) => Promise<{ status: number; body: never }>) => Promise<void>,
): Promise<void> {
  await withFolder(files, async (folder) => {
    const api = await start(folder);
    try {
      await test(api, async (path) => {
        const headers = { authorization: `Basic ${btoa("user:pass")}` };
        const response = await fetch(api.url + path, { headers });
        return { status: response.status, body: await response.json() as never };
      });
    } finally {
      await api.close();
    }
  });
}

const OCTOBER = "/results?start_date=2025-10-01&end_date=2025-10-31";

interface Page {
  results: { race_id: string; winner?: string }[];
  total: number;
}

Deno.test("races are answered by range, from any file and wrapping, newest off first", async () => {
  await withReplay({
    "page.json": { results: [result("rac_1", "2025-10-01T14:00:00+01:00")], total: 500, limit: 1, skip: 0 },
    "wrapped.json": {
      _request: { endpoint: "/v1/results" },
      body: { results: [result("rac_2", "2025-10-03T14:00:00+01:00")] },
    },
    "text.json": { body: JSON.stringify({ results: [result("rac_5", "2025-10-03T12:00:00+01:00")] }) },
    "bare.json": [
      result("rac_3", "2025-10-02T14:00:00+01:00", { region: "IRE", course_id: "crs_2" }),
      result("rac_4", "2025-11-01T14:00:00+00:00"),
    ],
  }, async (_api, get) => {
    const all: Page = (await get(OCTOBER)).body;
    assertEquals([all.results.map(({ race_id }) => race_id), all.total], [[
      "rac_2",
      "rac_5",
      "rac_3",
      "rac_1",
    ], 4]);
    const second: Page = (await get(`${OCTOBER}&limit=1&skip=1`)).body;
    assertEquals([second.results.map(({ race_id }) => race_id), second.total], [["rac_5"], 4]);
    const irish: Page = (await get(`${OCTOBER}&region=ire`)).body;
    assertEquals([irish.results.map(({ race_id }) => race_id), irish.total], [["rac_3"], 1]);
    assertEquals((await get("/results/rac_4")).status, 200);
    assertEquals((await get("/results/rac_9")).status, 404);
  });
});

Deno.test("cards are answered by date, even from before cards existed", async () => {
  await withReplay({
    "cards.json": {
      racecards: [card("rac_2", "2020-05-01T15:00:00+01:00"), card("rac_1", "2020-05-01T14:00:00+01:00")],
    },
  }, async (_api, get) => {
    const page: { racecards: { race_id: string }[] } = (await get("/racecards/pro?date=2020-05-01")).body;
    assertEquals(page.racecards.map(({ race_id }) => race_id), ["rac_1", "rac_2"]);
    assertEquals((await get("/racecards/pro?date=2020-05-02")).body, {
      racecards: [],
      total: 0,
      limit: 500,
      skip: 0,
      query: [["date", "2020-05-02"]],
    } as never);
    assertEquals((await get(OCTOBER + "&region=sa")).status, 422);
  });
});

Deno.test("of two captures of a race the later one wins, then the fuller one", async () => {
  const race = (winner: string) => result("rac_1", "2025-10-01T14:00:00+01:00", { winner });
  const fetched = (at: string, winner: string) => ({
    _request: { fetched_at: at },
    body: { results: [race(winner)] },
  });
  const winnerOf = async (files: Record<string, unknown>) => {
    let winner: string | undefined;
    await withReplay(files, async (_api, get) => {
      const page: Page = (await get(OCTOBER)).body;
      winner = page.results[0]?.winner;
    });
    return winner;
  };
  const early = fetched("2025-10-01", "early and long");
  const late = fetched("2025-10-02", "late");
  assertEquals(await winnerOf({ "a.json": early, "b.json": late }), "late");
  assertEquals(await winnerOf({ "a.json": late, "b.json": early }), "late");
  assertEquals(await winnerOf({ "a.json": [race("short")], "b.json": [race("much fuller")] }), "much fuller");
  assertEquals(await winnerOf({ "b.json": [race("short")], "a.json": [race("much fuller")] }), "much fuller");
});

Deno.test("courses that only races name are added to the captured ones", async () => {
  await withReplay({
    "courses.json": {
      courses: [{ id: "crs_9", course: "Elsewhere", region_code: "fr", region: "France" }],
      total: 979,
    },
    "results.json": [
      result("rac_1", "2025-10-01T14:00:00+01:00", { region: "IRE", course: "Testing (AW) (IRE)" }),
    ],
  }, async (_api, get) => {
    assertEquals((await get("/courses")).body, {
      courses: [
        { id: "crs_9", course: "Elsewhere", region_code: "fr", region: "France" },
        { id: "crs_1", course: "Testing-AW", region_code: "ire", region: "Ireland" },
      ],
      total: 2,
    } as never);
  });
});

Deno.test("the regions are all that the real API has, in captured words, and those that only races name", async () => {
  await withReplay({
    "regions.json": [{ region: "Britain", region_code: "gb" }],
    "results.json": [result("rac_1", "2025-10-01T14:00:00+01:00", { region: "XX" })],
  }, async (_api, get) => {
    const regions = (await get("/courses/regions")).body as unknown as {
      region: string;
      region_code: string;
    }[];
    const named = Object.fromEntries(regions.map(({ region, region_code }) => [region_code, region]));
    assertEquals([regions.length, named["gb"], named["ire"], named["xx"]], [56, "Britain", "Ireland", "XX"]);
  });
});

Deno.test("what cannot be replayed is counted with its reason", async () => {
  const { race_id: _, ...free } = card("", "2025-10-15T14:00:00+01:00");
  await withReplay({
    "free.json": { racecards: [free] },
    "errors.json": [{ endpoint: "/v1/horses", status: 404, body: '{"detail":"Not Found"}' }],
    "error.json": { detail: "Not Found" },
    "horse.json": { status: 200, body: { id: "hrs_1", name: "Somebody (GB)" } },
    "good.json": [result("rac_1", "2025-10-01T14:00:00+01:00")],
  }, async (api, get) => {
    assertEquals((await get("/horses/hrs_1/pro")).body, { id: "hrs_1", name: "Somebody (GB)" } as never);
    const summary = present(api.replaySummary, "summary");
    assertEquals(summary.skipped.map(({ file, items }) => [file, items]), [
      ["error.json", 1],
      ["errors.json", 1],
      ["free.json", 1],
    ]);
    assert(
      /^Replaying 1 results of 1 day .*free\.json: the race has no race_id/.test(describeReplay(summary)),
    );
  });
});

Deno.test("a folder that is missing, empty or holds something unreadable is named in the error", async () => {
  await assertRejects(() => start("/nowhere/at/all"), Error, "/nowhere/at/all: there is no such folder");
  await withFolder({}, async (folder) => {
    await assertRejects(() => start(folder), Error, "holds no .json file");
  });
  await withFolder({ "broken.json": "{" }, async (folder) => {
    await assertRejects(() => start(folder), Error, "broken.json: it is no JSON");
    await assertRejects(() => start(`${folder}/broken.json`), Error, "it is a file");
  });
});

Deno.test("the captured samples replay wholly", async () => {
  const present = await Deno.stat(SAMPLES).then(() => true, () => false);
  if (!present) {
    console.log(`No captured samples at ${SAMPLES}: nothing to replay here.`);
    return;
  }
  const api = await start(SAMPLES);
  await api.close();
  assertEquals(api.replaySummary?.feeds.map(({ feed, races }) => [feed, races]), [["racecards", 2], [
    "results",
    15,
  ]]);
  assert(
    api.replaySummary?.skipped.every(({ file }) =>
      file === "errors.json" || file.startsWith("racecards-free")
    ),
  );
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type SimulatedApi, type SimulatedApiOptions, startSimulatedApi } from "./server.ts";

const OPTIONS = {
  seed: 1,
  speed: 1_000,
  username: "user",
  password: "pa:ss",
  now: () => new Date("2026-11-23T12:00:00Z"),
};

async function withApi(
  test: (
    api: SimulatedApi,
    get: (path: string, headers?: HeadersInit) => Promise<{ status: number; text: string; headers: Headers }>,
  ) => Promise<void>,
  options: Partial<SimulatedApiOptions> = {},
): Promise<void> {
  const api = await startSimulatedApi({ ...OPTIONS, ...options });
  const authorization = `Basic ${btoa(`${OPTIONS.username}:${OPTIONS.password}`)}`;
  try {
    await test(api, async (path, headers = {}) => {
      const response = await fetch(api.url + path, { headers: { authorization, ...headers } });
      return { status: response.status, text: await response.text(), headers: response.headers };
    });
  } finally {
    await api.close();
  }
}

Deno.test("a month of results is paged to the last race, each race once, newest first", async () => {
  await withApi(async (_api, get) => {
    const ids: string[] = [];
    let total = 1;
    while (ids.length < total) {
      const path =
        `/results?start_date=2024-05-01&end_date=2024-05-31&region=gb&region=ire&limit=100&skip=${ids.length}`;
      const page = JSON.parse((await get(path)).text);
      assertEquals(page.limit, 100);
      total = page.total;
      for (const race of page.results) ids.push(race.race_id);
    }
    assert(total > 900);
    assertEquals(new Set(ids).size, total);
  });
});

Deno.test("a page echoes its query in the order it was asked", async () => {
  await withApi(async (_api, get) => {
    const page = JSON.parse(
      (await get("/racecards/pro?date=2024-12-25&region_codes=gb&region_codes=ire")).text,
    );
    assertEquals(page, {
      racecards: [],
      total: 0,
      limit: 500,
      skip: 0,
      query: [["date", "2024-12-25"], ["region_codes", "gb"], ["region_codes", "ire"]],
    });
  });
});

Deno.test("courses win over regions, and both narrow the races", async () => {
  await withApi(async (_api, get) => {
    const page = async (query: string) =>
      JSON.parse((await get(`/results?start_date=2024-05-01&end_date=2024-05-31&limit=100&${query}`)).text);
    const all = await page("");
    const british = await page("region=gb");
    const irish = await page("region=ire");
    assert(british.total > irish.total && british.total + irish.total < all.total);
    const course = british.results[0].course_id;
    const one = await page(`course=${course}&region=ire`);
    assert(one.total > 0);
    assert(one.results.every(({ course_id }: { course_id: string }) => course_id === course));
  });
});

Deno.test("courses, regions, one result and one horse are served, anything else is not found", async () => {
  await withApi(async (_api, get) => {
    assertEquals(JSON.parse((await get("/courses")).text).total, 979);
    assertEquals(JSON.parse((await get("/courses?region_codes=gb")).text).courses.length, 69);
    assertEquals(JSON.parse((await get("/courses/regions")).text).length, 55);
    const [race] = JSON.parse((await get("/results?start_date=2024-05-01&end_date=2024-05-01")).text).results;
    assertEquals(JSON.parse((await get(`/results/${race.race_id}`)).text), race);
    const horse = JSON.parse((await get(`/horses/${race.runners[0].horse_id}/pro`)).text);
    assertEquals(horse.name, race.runners[0].horse);
    for (const path of ["/horses", "/results/rac_1", "/horses/hrs_1/pro", "/results/today"]) {
      assertEquals(await get(path).then(({ status, text }) => [status, text]), [
        404,
        '{"detail":"Not Found"}',
      ]);
    }
  });
});

Deno.test("bad parameters are answered with 422 and the place of the mistake", async () => {
  await withApi(async (_api, get) => {
    for (
      const [path, parameter, type] of [
        ["/results?limit=101", "limit", "less_than_equal"],
        ["/results?limit=0", "limit", "greater_than_equal"],
        ["/results?skip=20001", "skip", "less_than_equal"],
        ["/results?limit=many", "limit", "int_parsing"],
        ["/results?start_date=2024-02-30", "start_date", "value_error"],
        ["/results?start_date=2022-01-01&end_date=2024-01-01", "end_date", "value_error"],
        ["/results?region=sa", "region", "value_error"],
        ["/results?start_date=1987-12-31&end_date=1988-01-05", "start_date", "value_error"],
        ["/racecards/pro?limit=501", "limit", "less_than_equal"],
        ["/racecards/pro?date=tomorrow", "date", "value_error"],
        ["/racecards/pro?region_codes=ita", "region_codes", "value_error"],
      ] as const
    ) {
      const { status, text } = await get(path);
      const [complaint] = JSON.parse(text).detail;
      assertEquals([status, complaint.loc[1], complaint.type], [422, parameter, type], path);
    }
  });
});

Deno.test("wrong or missing credentials are answered with 401", async () => {
  await withApi(async (_api, get) => {
    const { status, text } = await get("/courses", { authorization: `Basic ${btoa("user:wrong")}` });
    assertEquals([status, typeof JSON.parse(text).detail], [401, "string"]);
    assertEquals((await get("/courses", { authorization: "" })).status, 401);
  });
});

Deno.test("what the account's plan lacks is answered with 401 and the plan that is needed", async () => {
  await withApi(async (api, get) => {
    const answers = async () =>
      await Promise.all(
        ["/racecards/pro?date=2024-12-26&limit=1", "/results?limit=1", "/courses/regions"].map(
          async (path) => {
            const { status, text } = await get(path);
            return status === 200 ? 200 : [status, JSON.parse(text).detail];
          },
        ),
      );
    assertEquals(await answers(), [200, 200, 200]);
    api.plan = "Standard";
    assertEquals(await answers(), [[401, "Pro Plan required"], 200, 200]);
    api.plan = "Free";
    assertEquals(await answers(), [[401, "Pro Plan required"], [401, "Standard Plan required"], 200]);
  });
});

Deno.test("a client that accepts gzip gets gzip and reads the same text", async () => {
  await withApi(async (api, get) => {
    const path = "/racecards/pro?date=2024-06-03";
    const zipped = await get(path, { "accept-encoding": "gzip" });
    const plain = await get(path, { "accept-encoding": "identity" });
    assertEquals(zipped.text, plain.text);
    assertEquals(zipped.headers.get("content-type"), "application/json");
    const [first, second] = api.calls();
    assert(first && second && first.bytes < second.bytes / 4);
  });
});

Deno.test("requests over the rate get 429 and are in the log", async () => {
  let clock = 0;
  await withApi(async (api, get) => {
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await get("/racecards/pro?date=2024-12-25")).status);
    clock += 2_000;
    statuses.push((await get("/racecards/pro?date=2024-12-25")).status);
    assertEquals(statuses, [200, 200, 429, 429, 200]);
    assertEquals(api.calls().map(({ at, endpoint, query, status }) => [at, endpoint, query, status]).at(-1), [
      2_000,
      "/racecards/pro",
      "date=2024-12-25",
      200,
    ]);
  }, { speed: 1, monotonic: () => clock });
});

Deno.test("a flood blocks the address for five minutes, with an answer that is no JSON", async () => {
  let clock = 0;
  await withApi(async (_api, get) => {
    for (let i = 0; i < 100; i++) await get("/nowhere");
    const { status, text, headers } = await get("/courses");
    assertEquals([status, text.startsWith("<html>"), headers.get("retry-after")], [429, true, "300"]);
    clock += 301_000;
    assertEquals((await get("/courses")).status, 200);
  }, { speed: 1, monotonic: () => clock });
});

Deno.test("faults answer instead, delay or cut the n-th call of an endpoint", async () => {
  await withApi(async (api, get) => {
    api.faults = ({ endpoint, n }) => {
      if (endpoint !== "/courses") return undefined;
      if (n === 1) return { status: 503, body: "upstream", headers: { "retry-after": "7" } };
      if (n === 2) return { status: 200, truncate: true, delayMs: 1 };
      return undefined;
    };
    const failed = await get("/courses");
    assertEquals([failed.status, failed.text, failed.headers.get("retry-after")], [503, "upstream", "7"]);
    const cut = await get("/courses");
    const whole = await get("/courses");
    assert(cut.status === 200 && whole.text.startsWith(cut.text) && cut.text.length < whole.text.length);
    assertEquals((await get("/courses/regions")).status, 200);
  });
});

Deno.test("a fault can break the connection in the middle of an answer", async () => {
  await withApi(async (api, get) => {
    api.faults = () => ({ status: 200, breakOff: true });
    await assertRejects(() => get("/courses"));
    api.faults = () => undefined;
    assertEquals((await get("/courses")).status, 200);
  });
});

Deno.test("the log has each call's verdict by the rates, whatever its answer", async () => {
  await withApi(async (api, get) => {
    api.faults = () => ({ status: 500 });
    for (let i = 0; i < 3; i++) await get("/racecards/pro?date=2024-12-25");
    assertEquals(api.calls().map(({ status, verdict }) => [status, verdict]), [
      [500, "ok"],
      [500, "ok"],
      [500, "too fast"],
    ]);
  }, { speed: 1, monotonic: () => 0 });
});

Deno.test("speed does not change a single race", async () => {
  const texts: string[] = [];
  for (const speed of [1, 50]) {
    await withApi(async (_api, get) => {
      texts.push((await get("/results?start_date=2024-05-01&end_date=2024-05-02")).text);
    }, { speed });
  }
  assertEquals(texts[0], texts[1]);
});

Deno.test("a port in use is named in the error", async () => {
  await withApi(async (api) => {
    const port = Number(new URL(api.url).port);
    await assertRejects(() => startSimulatedApi({ ...OPTIONS, port }), Error, `port ${port} is in use`);
  });
});

Deno.test("an invalid speed is refused", async () => {
  await assertRejects(
    () => startSimulatedApi({ ...OPTIONS, speed: 0 }),
    RangeError,
    "'speed' must be positive",
  );
});

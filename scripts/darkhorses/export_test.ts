import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { z } from "zod";
import { connect, type Sql } from "../lab/platform/database.ts";
import { type Platform, startPlatform } from "../lab/platform/platform.ts";
import { until } from "../lab/test_support/until.ts";
import { untilProgram } from "../lab/test_support/until_program.ts";
import { openLine } from "./test_support/breakable_line.ts";
import { NO_DATABASE, type Ran, runHere } from "./test_support/run_here.ts";

let platform: Platform;
let sql: Sql;
let folder: string;
Deno.test.beforeAll(async () => {
  const databaseUrl = Deno.env.get("TEST_DATABASE_URL");
  platform = await startPlatform({
    functions: false,
    cron: "manual",
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  });
  sql = connect(platform.databaseUrl, { max: 1, name: "test" });
  folder = await Deno.makeTempDir();
  await fill();
});
Deno.test.afterAll(async () => {
  await sql.end({ timeout: 1 });
  await platform.stop();
  await Deno.remove(folder, { recursive: true });
});

/** Three months of racing, the second without a race, with texts that break what is written carelessly. */
async function fill(): Promise<void> {
  await sql`insert into ra_mst_courses (id, name) values ('crs_1', 'Ascot'), ('crs_2', 'Dún, "West"')`;
  await sql`insert into ra_mst_bookmakers (code, name, type) values ('one', 'One', 'online')`;
  await sql`
    insert into ra_mst_horses (id, name, dob, last_seen_on)
    select 'hrs_' || n, 'Horse ' || n, date '2021-03-01' + n, '2026-09-30' from generate_series(1, 50) as n
  `;
  await sql`
    insert into ra_races (
      id, course_id, region_code, race_date, off_dt, race_name, race_type, surface, distance_yards, distance_furlongs,
      going, prize_amount, prize_currency, is_big_race, has_result, has_card
    )
    select
      'rac_' || n, 'crs_' || 1 + n % 2, 'gb', day, day + time '13:00' + n * interval '1.000001 second',
      case n % 5
        when 0 then 'The "Grand" Handicap, €5,000'
        when 1 then E'Two lines\r\nof a name'
        when 2 then E'A line\nmore, and a ;'
        when 3 then ' leading and trailing '
      end,
      'Flat', 'Turf', 1760, 8.05, 'Good', case when n % 3 = 0 then 12345.67 end,
      case when n % 3 = 0 then 'EUR' end, case n % 3 when 0 then true when 1 then false end, true, n % 2 = 0
    from generate_series(1, 220) as n
    cross join lateral (
      select case when n <= 60 then date '2026-07-01' + n % 31 else date '2026-09-01' + n % 30 end as day
    ) as at
  `;
  await sql`
    insert into ra_runners (
      race_id, horse_id, position, has_result, sp, sp_decimal, weight_lbs, draw, past_results_flags, quotes,
      result_comment, time_seconds, headgear
    )
    select
      'rac_' || n, 'hrs_' || 1 + (n * 7 + k) % 50, k, true, k || '/1', k + 1.05, 120 + k, case when k % 2 = 0 then k end,
      case when k = 1 then array['C', 'D,"'] end,
      case when k = 2 then ${sql.json([{ quote: 'She said "no", €1', n: 1.5 }])}::jsonb end,
      case when k = 3 then E'ran on, "always"\n doing €' || n end, 71.05 + k, case when k = 4 then 'p' end
    from generate_series(1, 220) as n, generate_series(1, 8) as k
  `;
  await sql`
    insert into ra_runner_odds (race_id, horse_id, bookmaker_code, fractional, decimal, quoted_at)
    select race_id, horse_id, 'one', '9/2', 5.50, '2026-09-01 09:00:00.123456+01' from ra_runners where position = 1
  `;
}

const run = (...args: string[]): Promise<Ran> => runHere(["export", ...args], platform.databaseUrl);
const place = (name: string) => join(folder, name);

interface Column {
  name: string;
  type: string;
}

async function columnsOf(relation: string): Promise<Column[]> {
  return [
    ...await sql<Column[]>`
      select attname as name, format_type(atttypid, null) as type from pg_attribute
      where attrelid = ${relation}::regclass and attnum > 0 and not attisdropped order by attnum
    `,
  ];
}

const isNumber = (type: string) => /^(smallint|integer|bigint|numeric|double precision|real)$/.test(type);

/** Microseconds since 1970, of a time as ISO 8601 writes it. */
function micros(text: string): bigint {
  const [, fraction = ""] = /\.(\d+)/.exec(text) ?? [];
  const seconds = Math.floor(new Date(text.replace(/\.\d+/, "")).getTime() / 1000);
  return BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}

/** The rows as the database has them, each value in the form in which both formats are compared. */
async function stored(
  relation: string,
  columns: Column[],
  where: string,
): Promise<Record<string, unknown>[]> {
  await sql`set timezone = 'UTC'`;
  const rows = await sql.unsafe<{ row: Record<string, unknown> }[]>(
    `select to_jsonb(source) as row from ${relation} as source ${where}`,
  );
  return rows.map(({ row }) =>
    Object.fromEntries(columns.map(({ name, type }) => {
      const value = row[name];
      return [name, type.startsWith("timestamp") && value !== null ? micros(String(value)) : value];
    }))
  );
}

/** Postgres reads the file back, into columns of text: what is between its quotes must have come through as it is. */
async function fromCsv(path: string, columns: Column[]): Promise<Record<string, unknown>[]> {
  const names = columns.map(({ name }) => `"${name}"`);
  await sql.unsafe(
    `drop table if exists read_back;
     create temporary table read_back (line serial, ${names.map((name) => `${name} text`).join(", ")})`,
  ).simple();
  const copy = await sql.unsafe(
    `copy read_back (${names.join(", ")}) from stdin with (format csv, header match)`,
  ).writable();
  await pipeline(createReadStream(path), copy);
  const rows = await sql.unsafe<Record<string, string | null>[]>(
    `select ${names.join(", ")} from read_back order by line`,
  );
  return rows.map((row) =>
    Object.fromEntries(columns.map(({ name, type }) => {
      const value = row[name] ?? null;
      if (value === null) return [name, null];
      if (isNumber(type)) return [name, Number(value)];
      if (type === "boolean") return [name, value === "true"];
      if (type.startsWith("timestamp")) return [name, micros(value)];
      return [name, type.endsWith("[]") || type === "jsonb" ? JSON.parse(value) : value];
    }))
  );
}

/** Compares row by row: the difference of thousands at once can't be read. */
function assertSameRows(found: Record<string, unknown>[], expected: Record<string, unknown>[]): void {
  assertEquals(found.length, expected.length);
  for (const [n, row] of expected.entries()) assertEquals(found[n], row);
}

async function fromParquet(path: string, columns: Column[]): Promise<Record<string, unknown>[]> {
  const rows = await parquetReadObjects({
    file: await asyncBufferFromFile(path),
    parsers: {
      timestampFromMicroseconds: (value: bigint) => value,
      dateFromDays: (days: number) => new Date(days * 86_400_000).toISOString().slice(0, 10),
    },
  });
  return rows.map((row) =>
    Object.fromEntries(columns.map(({ name, type }) => {
      const value: unknown = row[name] ?? null;
      // The reader makes a double of a decimal's digits; what the file has are the digits.
      if (value !== null && isNumber(type)) return [name, Number(Number(value).toFixed(10))];
      return [name, value];
    }))
  );
}

const inMonth = (month: string, day: string) => `where to_char(${day}, 'YYYY-MM') = '${month}'`;
const byRunner = "order by source.race_date, source.race_id, source.horse_id";
const ofRace = "(select race_date from ra_races where id = source.race_id)";

const EXPORTED: readonly [name: string, relation: string, filter: (month: string) => string][] = [
  ["runner_form", "racing.runner_form", (month) => `${inMonth(month, "source.race_date")} ${byRunner}`],
  ["ra_races", "public.ra_races", (month) => `${inMonth(month, "race_date")} order by race_date, id`],
  [
    "ra_runners",
    "public.ra_runners",
    (month) => `${inMonth(month, ofRace)} order by ${ofRace}, race_id, horse_id`,
  ],
  [
    "ra_runner_odds",
    "public.ra_runner_odds",
    (month) => `${inMonth(month, ofRace)} order by ${ofRace}, race_id, horse_id, bookmaker_code`,
  ],
];

for (const format of ["csv", "parquet"] as const) {
  Deno.test(`an export as ${format} is the database, row by row and value by value, a month a file`, async () => {
    for (const [name, relation, filter] of EXPORTED) {
      const out = place(`${format}_${name}`);
      const range = ["--from", "2026-07-01", "--to", "2026-09-30"];
      const ran = await run(name, ...range, "--format", format, "--out", out);
      assertEquals([ran.code, ran.err], [0, ""]);
      const columns = await columnsOf(relation);
      const found = (await Array.fromAsync(Deno.readDir(out))).map((file) => file.name).toSorted();
      assertEquals(found, ["2026-07", "2026-08", "2026-09"].map((month) => `${name}_${month}.${format}`));
      for (const month of ["2026-07", "2026-08", "2026-09"]) {
        const path = join(out, `${name}_${month}.${format}`);
        const rows = format === "csv" ? await fromCsv(path, columns) : await fromParquet(path, columns);
        assertEquals(rows.length > 0, month !== "2026-08", `${name} ${month}`);
        assertSameRows(rows, await stored(relation, columns, filter(month)));
      }
    }
  });
}

Deno.test("in Parquet a day is a DATE, a time is in UTC to the microsecond, money is a decimal of its digits", async () => {
  const out = place("types.parquet");
  const { code } = await run("ra_races", "--from", "2026-08-01", "--to", "2026-08-31", "--out", out);
  assertEquals(code, 0);
  const { schema, num_rows } = await parquetMetadataAsync(await asyncBufferFromFile(out));
  assertEquals(num_rows, 0n);
  const element = (name: string) => {
    const { converted_type, logical_type, precision, scale, type, repetition_type } =
      schema.find((one) => one.name === name) ?? {};
    return { type, converted_type, logical_type: logical_type?.type, precision, scale, repetition_type };
  };
  const none = { precision: undefined, scale: undefined, repetition_type: "OPTIONAL" };
  assertEquals(element("race_date"), {
    ...none,
    type: "INT32",
    converted_type: "DATE",
    logical_type: "DATE",
  });
  assertEquals(element("off_dt"), {
    ...none,
    type: "INT64",
    converted_type: "TIMESTAMP_MICROS",
    logical_type: "TIMESTAMP",
  });
  assertEquals(element("prize_amount"), {
    ...{ type: "INT64", converted_type: "DECIMAL", logical_type: "DECIMAL", repetition_type: "OPTIONAL" },
    ...{ precision: 12, scale: 2 },
  });
  assertEquals(element("is_big_race").type, "BOOLEAN");
});

const Summary = z.object({
  relation: z.string(),
  format: z.string(),
  rows: z.number(),
  files: z.array(
    z.object({ file: z.string(), rows: z.number().nullable(), state: z.enum(["written", "kept"]) }),
  ),
});

async function summary(...args: string[]): Promise<z.infer<typeof Summary>> {
  const { code, out, err } = await run(...args, "--json");
  assertEquals([code, err], [0, ""], out);
  return Summary.parse(JSON.parse(out));
}

Deno.test("an export that lost its database goes on with the month that it was in, and reads no complete one again", async () => {
  const out = place("resumed");
  const args = ["runner_form", "--from", "2026-07-01", "--to", "2026-09-30", "--format", "csv", "--out", out];
  const line = openLine(Number(new URL(platform.databaseUrl).port));
  const through = new URL(platform.databaseUrl);
  through.port = String(line.port);
  const cut = await runHere(["export", ...args], through.href, {
    out: (text) => text.includes("2026-07") ? line.cut() : undefined,
  });
  assertEquals(cut.code, 1);
  assertMatch(cut.err, /cannot be reached \((CONNECTION_|ECONN)/);
  const july = join(out, "runner_form_2026-07.csv");
  const before = (await Deno.stat(july)).mtime;
  // As an interruption in the middle of a month leaves it.
  await Deno.writeTextFile(join(out, "runner_form_2026-08.csv.unfinished"), "race_id,horse_id\r\nrac_1,hrs");

  const { files } = await summary(...args);
  assertEquals(files.map(({ state }) => state), ["kept", "written", "written"]);
  assertEquals((await Deno.stat(july)).mtime, before);
  const names = (await Array.fromAsync(Deno.readDir(out))).map(({ name }) => name).toSorted();
  assertEquals(names, ["07", "08", "09"].map((month) => `runner_form_2026-${month}.csv`));
  const columns = await columnsOf("racing.runner_form");
  const rows = await fromCsv(join(out, "runner_form_2026-09.csv"), columns);
  const september = `${inMonth("2026-09", "source.race_date")} ${byRunner}`;
  assertSameRows(rows, await stored("racing.runner_form", columns, september));

  assertEquals((await summary(...args, "--again")).files.map(({ state }) => state), Array(3).fill("written"));
});

/** While nobody can read the races, so that an export of them is at work until this is over. */
async function whileRacesAreLocked(work: () => Promise<void>): Promise<void> {
  const other = connect(platform.databaseUrl, { max: 1, name: "test lock" });
  try {
    await other.begin(async (transaction) => {
      await transaction`lock table ra_races in access exclusive mode`;
      await work();
    });
  } finally {
    await other.end({ timeout: 1 });
  }
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("a second export of the same into the same place is refused while the first is at work, and nothing else", async () => {
  for (const out of [place("twice"), place("twice.csv")]) {
    const range = ["--from", "2026-07-01", "--to", "2026-07-31"];
    const again = () => run("ra_races", ...range, "--format", "csv", "--out", out);
    const lock = out.endsWith(".csv") ? `${out}.lock` : join(out, "ra_races.lock");
    let first: Promise<Ran> | undefined;
    await whileRacesAreLocked(async () => {
      first = again();
      await until(() => exists(lock), "the first export");
      const second = await again();
      assertEquals(second.code, 1);
      assertMatch(
        second.err,
        /^Another export is writing .*twice.*: wait until it has ended, or .* --out\.\n$/,
      );
      assertEquals((await run("ra_mst_horses", "--out", place("twice"))).code, 0);
    });
    assertEquals((await first)?.code, 0);
    assertEquals([await exists(lock), (await again()).code], [false, 0]);
  }
});

Deno.test("an export that was killed keeps no other out", async () => {
  const out = place("killed");
  const args = ["ra_races", "--from", "2026-07-01", "--to", "2026-07-31", "--format", "csv", "--out", out];
  await whileRacesAreLocked(async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", fromFileUrl(new URL("../darkhorses.ts", import.meta.url)), "export", ...args],
      env: { DATABASE_URL: platform.databaseUrl },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await untilProgram(child, () => exists(join(out, "ra_races.lock")), "its work");
    assertEquals((await run(...args)).code, 1);
    child.kill("SIGKILL");
    await child.status;
  });
  assertEquals(await exists(join(out, "ra_races.lock")), true);
  assertEquals((await summary(...args)).files.map(({ state }) => state), ["written"]);
  assertEquals((await Array.fromAsync(Deno.readDir(out))).map(({ name }) => name), ["ra_races_2026-07.csv"]);
});

Deno.test("half a month is no month: it has its days in its name, and is kept by itself", async () => {
  const out = place("halves");
  const first = await summary("ra_races", "--from", "2026-07-10", "--to", "2026-09-05", "--out", out);
  assertEquals(first.files.map(({ file }) => file.slice(out.length + 1)), [
    "ra_races_2026-07-10_2026-07-31.parquet",
    "ra_races_2026-08.parquet",
    "ra_races_2026-09-01_2026-09-05.parquet",
  ]);
  const whole = await summary("ra_races", "--from", "2026-07-01", "--to", "2026-09-30", "--out", out);
  assertEquals(whole.files.map(({ state }) => state), ["written", "kept", "written"]);
});

Deno.test("what was written within a week of its last day is written again, for its corrections", async () => {
  const out = place("early");
  const args = ["ra_races", "--from", "2026-09-01", "--to", "2026-09-30", "--out", out];
  await summary(...args);
  const file = join(out, "ra_races_2026-09.parquet");
  await Deno.utime(file, new Date("2026-10-07T18:00:00Z"), new Date("2026-10-07T18:00:00Z"));
  assertEquals((await summary(...args)).files.map(({ state }) => state), ["written"]);
  assertEquals((await summary(...args)).files.map(({ state }) => state), ["kept"]);
});

Deno.test("a file's name takes all of a range, and what has no days is one file", async () => {
  const all = await summary(
    "ra_runners",
    "--from",
    "2026-07-01",
    "--to",
    "2026-09-30",
    "--out",
    place("all.csv"),
  );
  assertEquals([all.format, all.rows, all.files.length], ["csv", 1760, 1]);
  // A file of that name may hold anything, so it is never taken for complete.
  const day = await summary(
    "ra_races",
    "--from",
    "2026-07-01",
    "--to",
    "2026-07-01",
    "--out",
    place("all.csv"),
  );
  assertEquals([day.files[0]?.state, (day.rows ?? 0) < 1760], ["written", true]);
  const horses = await summary("ra_mst_horses", "--format", "csv", "--out", place("masters"));
  assertEquals([horses.relation, horses.rows], ["public.ra_mst_horses", 50]);
  const columns = await columnsOf("public.ra_mst_horses");
  const rows = await fromCsv(place("masters/ra_mst_horses.csv"), columns);
  assertSameRows(rows, await stored("public.ra_mst_horses", columns, "order by id"));
});

Deno.test("what can't be exported is refused with what there is", async () => {
  const unknown = await run("backfill_runs", "--from", "2026-07-01");
  assertEquals(unknown.code, 2);
  assertMatch(unknown.err, /nothing called "backfill_runs" to export\. There are: .*runner_form.*ra_races/);
  for (
    const [args, sentence] of [
      [["ra_mst_horses", "--from", "2026-07-01"], /has no days/],
      [["ra_races"], /Say which days/],
      [["ra_races", "--from", "2026-07-02", "--to", "2026-07-01"], /swap them/],
      [["ra_races", "--from", "2026-07-01", "--out", "x.csv", "--format", "parquet"], /make them the same/],
      [["ra_races", "--from", "2026-07-01", "--format", "xlsx"], /csv\|parquet/],
    ] as const
  ) {
    const { code, err } = await run(...args);
    assertEquals(code, 2, args.join(" "));
    assertMatch(err, sentence);
  }
  const notThere = await runHere(["export", "ra_races", "--from", "2026-07-01"], NO_DATABASE);
  assertEquals(notThere.code, 1);
});

Deno.test("a place that can't be written to is a sentence", async () => {
  await Deno.writeTextFile(place("in_the_way"), "");
  const { code, err } = await run("ra_races", "--from", "2026-07-01", "--out", place("in_the_way"));
  assertEquals(code, 1);
  assertMatch(err, /cannot be made/);
  assert(!/\n\s+at /.test(err), err);
});

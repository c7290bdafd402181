/** Measures the answers at full size: see USAGE. */
import { Problem } from "../command_line/problem.ts";
import { readArguments } from "../command_line/read_arguments.ts";
import { renderTable } from "../command_line/render_table.ts";
import { runTask } from "../command_line/run_main.ts";
import { multiplyYear } from "./answers/multiply.ts";
import { connect, type Sql } from "./platform/database.ts";

const USAGE = `Measures the answers of the schema racing against a scan of all runners.

  DATABASE_URL=… deno run -A scripts/lab/answers.ts [--multiply] [--keep]

  --multiply   first make ten years of the newest year, in a database that is for measuring only: its foreign keys go
  --keep       measure once more with runs kept (racing.keep_runs), and keep none afterwards
  --help       show this

The server must run on this machine: what a statement costs is its session's processor time, from /proc.
`;

const TIMES = 5;
/** Milliseconds. */
const LONG = 5_000;
const SCAN = "select count(*), sum(position) from ra_runners";

/** What is asked, and how many scans it may cost. */
interface Question {
  readonly what: string;
  readonly statement: string;
  readonly limit: number | null;
}

async function questions(sql: Sql): Promise<Question[]> {
  const [about] = await sql<{ day: string; horse: string; trainer: string; course: string; since: string }[]>`
    select
      race.race_date::text as day, runner.horse_id as horse, runner.trainer_id as trainer, race.course_id as course,
      (race.race_date - 1825)::text as since
    from ra_races as race
    join ra_runners as runner on runner.race_id = race.id
    where race.race_date = (select max(race_date) - 7 from ra_races) and runner.trainer_id is not null
    order by race.id, runner.horse_id
    limit 1
  `;
  if (about === undefined) {
    throw new Problem("There are no runners: fill a year first, such as with deno task local.");
  }
  const { day, horse, trainer, course, since } = about;
  const form = (where: string) => `select * from racing.runner_form where ${where}`;
  const rates = (more: string) =>
    `select * from racing.strike_rates('trainer', 'course', '${since}', '${day}'${more})`;
  return [
    { what: "card of a day", statement: `select * from racing.card('${day}')`, limit: 2 },
    { what: "profile of a horse", statement: `select * from racing.horse_profile('${horse}')`, limit: 0.05 },
    { what: "strike rates, five years, one trainer", statement: rates(`, '${trainer}'`), limit: 1 },
    { what: "strike rates, five years, all trainers", statement: rates(""), limit: 1 },
    {
      what: "strike rates, five years, all sires by going",
      statement: `select * from racing.strike_rates('sire', 'going', '${since}', '${day}')`,
      limit: null,
    },
    { what: "draw bias of a course", statement: `select * from racing.draw_bias('${course}')`, limit: null },
    { what: "runner_form of a horse", statement: form(`horse_id = '${horse}'`), limit: null },
    { what: "runner_form of a day", statement: form(`race_date = '${day}'`), limit: null },
    {
      what: "runner_form of a month",
      statement: form(`race_date between '${day}'::date - 30 and '${day}'`),
      limit: null,
    },
  ];
}

/** Processor milliseconds of a statement, the median of several; the first one warms up, unless it took long. */
async function cost(sql: Sql, statement: string): Promise<number> {
  const [session] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const spent = async () => {
    const stat = await Deno.readTextFile(`/proc/${session?.pid}/schedstat`);
    return Number(stat.split(" ")[0]) / 1e6;
  };
  const once = async () => {
    const before = await spent();
    // All columns: what nobody asks for is not worked out.
    await sql.unsafe(`select count(answer) from (${statement} offset 0) as answer`);
    return await spent() - before;
  };
  const first = await once();
  if (first > LONG) return first;
  const costs: number[] = [];
  for (let n = 0; n < TIMES; n++) costs.push(await once());
  return costs.toSorted((one, other) => one - other)[Math.floor(TIMES / 2)] ?? NaN;
}

/** Rows of the table for each question, measured against the scan of this moment. */
async function measure(sql: Sql, asked: readonly Question[]) {
  const scan = await cost(sql, SCAN);
  const rows = [{ what: "scan of the runners", cpu_ms: Math.round(scan), scans: "1", wanted: "" }];
  for (const { what, statement, limit } of asked) {
    const own = await cost(sql, statement);
    rows.push({
      what,
      cpu_ms: Math.round(own),
      scans: (own / scan).toFixed(3),
      wanted: limit === null ? "" : `<= ${limit}`,
    });
  }
  return rows;
}

/** Keeps the runs of all days, as the tick does, and resolves to a sentence about it. */
async function keepRuns(sql: Sql): Promise<string> {
  // Room is what it is asked about, and not what is measured.
  await sql`update backfill_settings set database_limit_megabytes = 1000000`;
  await sql`select racing.keep_runs()`;
  const began = performance.now();
  let left = NaN;
  while (left !== 0) {
    await sql`select engine.keep_changed_days()`;
    const [row] = await sql<{ days: number }[]>`select count(*)::integer as days from racing.changed_days`;
    left = row?.days ?? 0;
  }
  const seconds = (performance.now() - began) / 1000;
  await sql.unsafe("vacuum analyze racing.kept_days, racing.changed_days");
  const [kept] = await sql<{ days: number; runs: number; bytes: number }[]>`
    select count(*)::integer as days, sum(runs)::integer as runs, pg_total_relation_size('racing.kept_days')::float8 as bytes
    from racing.kept_days
  `;
  if (kept === undefined) throw new Problem("No run was kept.");
  const { days, runs, bytes } = kept;
  return `${runs} runs of ${days} days are kept in ${(bytes / 1e6).toFixed(1)} MB, ${
    (bytes / runs).toFixed(1)
  } ` +
    `bytes a run, which took ${seconds.toFixed(0)} s.`;
}

async function main(options: { readonly multiply: boolean; readonly keep: boolean }): Promise<number> {
  const databaseUrl = Deno.env.get("DATABASE_URL");
  if (databaseUrl === undefined) throw new Problem("DATABASE_URL is missing: see --help.");
  const sql = connect(databaseUrl, { max: 1, name: "answers" });
  try {
    if (options.multiply) await multiplyYear(sql);
    // The session's own time is all there is then.
    await sql`set max_parallel_workers_per_gather = 0`;
    const asked = await questions(sql);
    if (options.keep) await sql`select racing.keep_no_runs()`;
    console.log(renderTable(await measure(sql, asked)));
    if (!options.keep) return 0;
    console.log(await keepRuns(sql));
    const faster = asked.filter(({ statement }) => statement.includes("strike_rates"));
    console.log(renderTable(await measure(sql, faster)));
    await sql`select racing.keep_no_runs()`;
    return 0;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const readOptions = (args: readonly string[]) =>
  readArguments(args, { task: "answers", flags: ["multiply", "keep"] });

if (import.meta.main) await runTask(USAGE, readOptions, main);

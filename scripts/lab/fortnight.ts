/** A fortnight with the schedules on, its time moved: see USAGE in fortnight/options.ts. */
import { planCalendar } from "./fortnight/calendar.ts";
import { checkAll } from "./fortnight/checks.ts";
import { liveThrough, readGaps } from "./fortnight/drive.ts";
import { EvidenceWatch } from "./fortnight/evidence.ts";
import { type FortnightOptions, readFortnightOptions, USAGE } from "./fortnight/options.ts";
import { readStoredDays, renderStory, toJson } from "./fortnight/report.ts";
import { type FortnightWorld, startFortnightWorld } from "./fortnight/world.ts";
import { connect } from "./platform/database.ts";
import { runTask } from "../command_line/run_main.ts";

/** As an operator sets the project up: the backfill first, then the schedules at once. */
async function begin({ platform, diary, time, sql }: FortnightWorld, backfillFrom: string): Promise<void> {
  const owner = connect(platform.databaseUrl, { max: 1, name: "fortnight" });
  try {
    await owner`select backfill_start(${backfillFrom}::date)`;
    await owner`select start_schedules()`;
  } finally {
    await owner.end({ timeout: 1 });
  }
  diary.noteMorning(time.now(), await readGaps({ sql }));
}

async function fortnight(options: FortnightOptions): Promise<number> {
  const started = performance.now();
  const calendar = planCalendar(options.seed, options.firstDay, options.lastDay);
  console.error("Starting the local platform …");
  await using world = await startFortnightWorld(calendar, options);
  const evidence = new EvidenceWatch(world, calendar.script);
  await begin(world, calendar.backfillFrom);
  await liveThrough({
    ...{ world, calendar },
    show: (day) => console.error(`${day} …`),
    observe: () => evidence.observe(),
  });
  console.error("Checking …");
  // The diary covers the simulated days, not what the checks pull.
  const stored = await readStoredDays(world.sql, calendar);
  const received = [...world.webhook.received];
  const checks = await checkAll({ world, calendar, evidence, seed: options.seed });
  const story = {
    ...{ calendar, diary: world.diary, stored, received, checks },
    evidence: evidence.evidence,
    seconds: Math.round((performance.now() - started) / 1000),
  };
  console.log(renderStory(story));
  if (options.json) console.log(toJson(story));
  return checks.every(({ wrong }) => wrong.length === 0) ? 0 : 1;
}

if (import.meta.main) await runTask(USAGE, readFortnightOptions, fortnight);

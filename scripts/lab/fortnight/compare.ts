import type { Sql } from "../platform/database.ts";
import { World as Races } from "../racing_api/generator/world.ts";
import { dateOf, dayOf } from "../racing_api/london.ts";
import { type ScriptedEvent, withScenario } from "../racing_api/scenario.ts";
import type { ListedRace, RaceSource } from "../racing_api/source.ts";
import type { Calendar } from "./calendar.ts";
import { NOT_COMPARED } from "../world/not_compared.ts";
import { untilStill } from "./drive.ts";
import type { FortnightWorld } from "./world.ts";

/** What a day has, in the API's last word. */
export interface DayCounts {
  readonly cards: number;
  readonly results: number;
  readonly runners: number;
}

/** The races of a list that are to be stored: a list may have one twice, and one of a region that nobody asked for. */
function wanted(source: RaceSource, listed: readonly ListedRace[]): ListedRace[] {
  const home = new Set(
    source.courses().filter(({ region_code }) => region_code === "gb" || region_code === "ire").map((
      { id },
    ) => id),
  );
  return [
    ...new Map(listed.filter(({ courseId }) => home.has(courseId)).map((race) => [race.id, race])).values(),
  ];
}

interface Day extends DayCounts {
  /** Ids of cards, of results, and of runners with their race; sorted. */
  readonly ids: { readonly cards: string[]; readonly results: string[]; readonly runners: string[] };
}

/** What the simulated API says at a moment, asked without HTTP. */
export function askApi(
  { seed, script, now }: {
    readonly seed: number;
    readonly script: readonly ScriptedEvent[];
    readonly now: Date;
  },
  day: string,
): Day {
  const source = sourceOf(seed, script);
  const cards = wanted(source, source.cards(dayOf(day), now.getTime()));
  const results = wanted(source, source.results(dayOf(day), dayOf(day), now.getTime()));
  const runners = results.flatMap((race) => {
    const { runners }: { runners: { horse_id: string }[] } = JSON.parse(race.json());
    return runners.map(({ horse_id }) => `${race.id} ${horse_id}`);
  });
  return {
    cards: cards.length,
    results: results.length,
    runners: runners.length,
    ids: {
      cards: cards.map(({ id }) => id).toSorted(),
      results: results.map(({ id }) => id).toSorted(),
      runners: runners.toSorted(),
    },
  };
}

let kept:
  | { seed: number; script: readonly ScriptedEvent[]; source: ReturnType<typeof withScenario> }
  | undefined;

/** One world for all days: it remembers its horses. */
function sourceOf(seed: number, script: readonly ScriptedEvent[]) {
  if (kept?.seed !== seed || kept.script !== script) {
    kept = { seed, script, source: withScenario(new Races(seed), script) };
  }
  return kept.source;
}

/** A sentence for each day of which other races or runners are stored than the API has. */
export async function describeWrongDays(sql: Sql, calendar: Calendar, seed: number): Promise<string[]> {
  const sentences: string[] = [];
  const last = dayOf(calendar.lastDay);
  for (let day = dayOf(calendar.backfillFrom); day <= last; day++) {
    const date = dateOf(day);
    const expected = askApi({ seed, script: calendar.script, now: calendar.end }, date);
    const [stored] = await sql<{ cards: string[]; results: string[]; runners: string[] }[]>`
      select
        array(select id from ra_races where has_card and card_date = ${date} order by id collate "C") as cards,
        array(select id from ra_races where has_result and race_date = ${date} order by id collate "C") as results,
        array(
          select runner.race_id || ' ' || runner.horse_id
          from ra_races as race join ra_runners as runner on runner.race_id = race.id
          where race.has_result and race.race_date = ${date} and runner.has_result
          order by (runner.race_id || ' ' || runner.horse_id) collate "C"
        ) as runners
    `;
    for (const what of ["cards", "results", "runners"] as const) {
      const [is, should] = [stored?.[what] ?? [], expected.ids[what]];
      if (is.join() === should.join()) continue;
      const lacking = should.filter((id) => !is.includes(id));
      const extra = is.filter((id) => !should.includes(id));
      sentences.push(
        `${date}: the API has ${should.length} ${what}, stored are ${is.length}; missing: ${
          lacking[0] ?? "none"
        }, too many: ${extra[0] ?? "none"}.`,
      );
    }
  }
  return sentences;
}

/**
 * Pulls everything again and resolves to a sentence for each table in which that changes anything: what was stored
 * then is not what the API says in the end.
 */
export async function describeWhatAnotherPullChanges(
  world: FortnightWorld,
  calendar: Calendar,
): Promise<string[]> {
  const { sql } = world;
  const tables = await sql<{ name: string; key: string }[]>`
    select
      t.relname as name,
      string_agg(format('kept.%1$I = pulled.%1$I', a.attname), ' and ') as key
    from pg_catalog.pg_class as t
    join pg_catalog.pg_index as i on i.indrelid = t.oid and i.indisprimary
    join pg_catalog.pg_attribute as a on a.attrelid = t.oid and a.attnum = any (i.indkey)
    where t.relnamespace = 'public'::regnamespace and t.relname like 'ra\\_%' and t.relkind = 'r'
    group by t.relname order by t.relname
  `;
  for (const { name } of tables) await sql.unsafe(`create table testing.${name} as table public.${name}`);
  await pullEverything(world, calendar);

  const sentences: string[] = [];
  for (const { name, key } of tables) {
    const [found] = await sql.unsafe<
      { changed: number; added: number; columns: string | null; example: string | null }[]
    >(`
      with changed as (
        select pair.content, pair.is_new, differing.columns, differing.example
        from (
          select to_jsonb(pulled) as content, to_jsonb(kept) as content_before, kept is null as is_new
          from public.${name} as pulled left join testing.${name} as kept on ${key}
        ) as pair,
        lateral (
          select
            string_agg(value.key, ', ' order by value.key) as columns,
            min(format('%s: %s, was %s', value.key, value.value, pair.content_before -> value.key)) as example
          from jsonb_each(pair.content) as value
          where value.key <> all ('{${NOT_COMPARED.join()}}')
            and value.value is distinct from pair.content_before -> value.key
        ) as differing
        where differing.columns is not null
      )
      select
        count(*) filter (where not is_new)::integer as changed,
        count(*) filter (where is_new)::integer as added,
        string_agg(distinct columns, '; ') filter (where not is_new) as columns,
        min(example || ' in ' || left(content::text, 160)) as example
      from changed
    `);
    if (found === undefined || found.changed + found.added === 0) continue;
    sentences.push(
      `A pull of everything changes ${found.changed} rows of ${name} (${
        found.columns?.slice(0, 200) ?? "none"
      }) and adds ` +
        `${found.added}, such as ${found.example}.`,
    );
  }
  return sentences;
}

/** Without priority: at this hour nothing else is due. */
async function pullEverything(world: FortnightWorld, calendar: Calendar): Promise<void> {
  const { sql, time, platform } = world;
  const [run] = await sql<{ id: string }[]>`
    select backfill_start(
      ${calendar.backfillFrom}::date, ${calendar.lastDay}::date, array['racecards', 'results'], reprocess => 'all'
    )::text as id
  `;
  while (true) {
    await untilStill(world);
    const [chunks] = await sql<{ left: number; dead: number }[]>`
      select
        count(*) filter (where state in ('waiting', 'working'))::integer as left,
        count(*) filter (where state = 'dead')::integer as dead
      from backfill_progress where run_id = ${run?.id ?? null}
    `;
    if (chunks?.dead !== 0) throw new Error("The pull of everything has dead chunks");
    if (chunks.left === 0) return;
    await platform.cron.tick(await time.toNextMinute(sql, "move along"));
  }
}

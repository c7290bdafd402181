import type { ScriptedEvent } from "../racing_api/scenario.ts";
import type { FortnightWorld } from "./world.ts";

/** What the database knows of a scripted event. */
interface Known {
  /** As it was before, or the first part of it. */
  readonly partly: boolean;
  /** As it should be in the end. */
  readonly whole: boolean;
}

/** A scripted event, and when the database learned of it. */
export interface Evidence {
  readonly event: ScriptedEvent;
  /** When it happened. */
  readonly at: Date;
  /** When the database first had what was before it; undefined when it never had. */
  partlyAt: Date | undefined;
  /** When it first was as it should be. */
  wholeAt: Date | undefined;
}

/** Watches how scripted events arrive in the database. */
export class EvidenceWatch {
  readonly evidence: readonly Evidence[];

  constructor(
    private readonly world: Pick<FortnightWorld, "sql" | "time">,
    script: readonly ScriptedEvent[],
  ) {
    this.evidence = script.map((event) => ({
      event,
      at: "wholeAt" in event ? event.wholeAt : event.at,
      partlyAt: undefined,
      wholeAt: undefined,
    }));
  }

  /** Looks once. */
  async observe(): Promise<void> {
    for (const evidence of this.evidence) {
      if (evidence.wholeAt !== undefined) continue;
      const { partly, whole } = await this.#look(evidence.event);
      if (partly) evidence.partlyAt ??= this.world.time.now();
      if (whole) evidence.wholeAt = this.world.time.now();
    }
  }

  /** A sentence for each event that did not arrive as it should. */
  async judge(): Promise<string[]> {
    const sentences: string[] = [];
    for (const { event, at, partlyAt, wholeAt } of this.evidence) {
      const what = `${event.kind} (${event.day})`;
      const { whole } = await this.#look(event);
      if (!whole) sentences.push(`${what}: the database does not have it as it should be.`);
      else if (wholeAt === undefined || wholeAt < at) {
        sentences.push(`${what}: the database had it before it happened.`);
      } else if (partlyAt === undefined && event.kind !== "race added late") {
        sentences.push(`${what}: the database never had what was before it, so that nothing was shown.`);
      }
    }
    return sentences;
  }

  async #look(event: ScriptedEvent): Promise<Known> {
    const { sql } = this.world;
    const query = () => {
      switch (event.kind) {
        case "ratings together":
          return sql<Known[]>`
            select bool_or(runner.has_result) as partly, bool_or(runner.rpr is not null) as whole
            from ra_races as race join ra_runners as runner on runner.race_id = race.id
            where race.race_date = ${event.day} and race.has_result
          `;
        case "result corrected":
          return sql<Known[]>`
            select bool_or(has_result) as partly,
              bool_and(is_non_runner and not has_result and position is null) as whole
            from ra_runners where race_id = ${event.raceId} and horse_id = ${event.horseId}
          `;
        case "race added late":
          return sql<Known[]>`
            select bool_or(has_card) as partly, bool_and(has_card) as whole from ra_races where id = ${event.raceId}
          `;
        case "result in two steps":
          return sql<Known[]>`
            select
              bool_and(race.tote_win is null) and count(*) filter (where runner.has_result) = 3 as partly,
              bool_and(race.tote_win is not null and race.winning_time_detail is not null)
                and count(*) filter (where runner.has_result) > 3 as whole
            from ra_races as race join ra_runners as runner on runner.race_id = race.id
            where race.id = ${event.raceId} and race.has_result
          `;
        case "meeting moved":
          return sql<Known[]>`
            select
              bool_or(race_date = ${event.day}) as partly,
              bool_and(race_date = ${event.to} and coalesce(card_date, ${event.to}) = ${event.to})
                and count(*) > 0 as whole
            from ra_races
            where course_id = ${event.courseId}
              and (race_date in (${event.day}, ${event.to}) or card_date = ${event.day})
          `;
        case "meeting abandoned":
          return sql<Known[]>`
            select
              bool_or(not race.is_abandoned) as partly,
              bool_and(race.is_abandoned and not race.has_result)
                and count(race.id) <= (
                  select coalesce(max(coverage.races_abandoned), 0)
                  from ra_coverage as coverage
                  where coverage.feed = 'racecards' and coverage.day = ${event.day}
                )
                and not exists (select from coverage_gaps as gap where gap.day = ${event.day}
                  and gap.kind = 'no_result') as whole
            from ra_races as race
            where race.course_id = ${event.courseId} and race.race_date = ${event.day} and race.off_dt >= ${event.at}
          `;
      }
    };
    const [known] = await query();
    // Of no rows at all, SQL knows nothing.
    return { partly: known?.partly === true, whole: known?.whole === true };
  }
}

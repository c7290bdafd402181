import type { OldDatabase } from "./old_database.ts";

/** Bytes of a runner and its indexes in ours, with a card and without (docs/performance.md), its race included. */
const BYTES = { withCard: 960, withoutCard: 500 };
/** Of the plan that a project begins with. */
const FREE_PLAN_MEGABYTES = 500;

const ERAS = {
  a: "before its masters were renamed",
  b: "after its masters were renamed",
  c: "after its races and runners were renamed too",
} as const;

/** Megabytes that ours will take for the same runners. */
export function megabytesOfOurs({ runners, runnersWithCards }: OldDatabase): number {
  return (runnersWithCards * BYTES.withCard + (runners - runnersWithCards) * BYTES.withoutCard) / 1e6;
}

/** What was found, what is done with it, and what room that takes: for the operator, before a question. */
export function describeOldDatabase(old: OldDatabase, limitMegabytes: number | undefined): string {
  const limit = limitMegabytes ?? FREE_PLAN_MEGABYTES;
  const ours = megabytesOfOurs(old);
  const both = old.databaseMegabytes + ours;
  const number = (value: number) => Math.round(value).toLocaleString("en-GB");
  const lines = [
    "",
    `The database has the old system's tables (state ${old.era}: ${ERAS[old.era]}): ${
      number(old.tables)
    } tables and views, ` +
    `${number(old.races)} races, ${number(old.runners)} runners, ${number(old.megabytes)} MB.`,
    "They are moved, as they are, into the schema legacy_data; nothing is copied or lost. Old readers find them under " +
    "their names with search_path = legacy, public. The old writer must stop: its tables are read-only from then on.",
    `Room: the database has ${
      number(old.databaseMegabytes)
    } MB. With all these runners in the new tables too it will have about ` +
    `${number(both)} MB, until drop_legacy() removes the old ones. The limit is ${number(limit)} MB` +
    `${limitMegabytes === undefined ? " (if your plan has more, set DATABASE_LIMIT_MEGABYTES)" : ""}.`,
  ];
  if (both > limit - 15) {
    lines.push(
      "That is too much for all of it: a backfill pauses before the limit. Begin with a later year, or take a larger plan " +
        "first.",
    );
  }
  if (old.rolesShutOut.length > 0) {
    lines.push(
      `The roles ${
        old.rolesShutOut.join(", ")
      } could read the old tables. The new ones, and the views, are for ` +
        "service_role alone: docs/taking_over.md says how to let others in.",
    );
  }
  lines.push(
    "The way back: npx -y deno task darkhorses legacy undo; once something was pulled, after npx -y deno task uninstall " +
      "--with-data.",
    "",
  );
  return lines.join("\n");
}

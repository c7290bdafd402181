import type { LegacyRunnerRow } from "../pages/rows.ts";
import { readDate } from "../values/dates.ts";
import { jsonList } from "../values/json.ts";
import { presentText, type Sent } from "../values/missing.ts";
import { readPercent, readSmallInteger } from "../values/numbers.ts";
import { column, type OldRow } from "./old_rows.ts";

/** What a card says of a runner in lists, and the old system kept in a table of its own, a row an element. */
export type OldNotes = Pick<
  LegacyRunnerRow,
  | "trainer_14_days_runs"
  | "trainer_14_days_wins"
  | "trainer_14_days_percent"
  | "quotes"
  | "stable_tour"
  | "medical"
  | "previous_trainers"
  | "previous_owners"
>;

/**
 * The notes of a runner, in the form that the API sends them in. What a row is about shows in the columns that it
 * fills: `record_type` was never written down. A card has statistics of one kind, the trainer's last 14 days.
 */
export function readOldNotes(rows: readonly OldRow[]): OldNotes {
  const inOrder = rows.toSorted((one, other) => Number(column(one, "id")) - Number(column(other, "id")));
  const lists = { quotes: [], stableTour: [], medical: [], trainers: [], owners: [] } as Record<
    "quotes" | "stableTour" | "medical" | "trainers" | "owners",
    Record<string, string>[]
  >;
  let statistics: OldRow | undefined;
  for (const row of inOrder) {
    const text = (name: string) => presentText(column(row, name));
    const day = (name: string) => readDate(column(row, name)).value;
    if (text("quote_text") !== null) {
      lists.quotes.push(filled({ race_id: text("quote_race_id"), quote: text("quote_text") }));
    } else if (text("stable_tour_text") !== null) {
      lists.stableTour.push(filled({ quote: text("stable_tour_text") }));
    } else if (text("medical_type") !== null || day("medical_date") !== null) {
      lists.medical.push(filled({ date: day("medical_date"), type: text("medical_type") }));
    } else if (text("entity_type") === "trainer" && text("entity_name") !== null) {
      const change_date = day("change_date");
      lists.trainers.push(
        filled({ trainer: text("entity_name"), trainer_id: text("entity_id"), change_date }),
      );
    } else if (text("entity_type") === "owner" && text("entity_name") !== null) {
      const change_date = day("change_date");
      lists.owners.push(filled({ owner: text("entity_name"), owner_id: text("entity_id"), change_date }));
    } else if (column(row, "stats_runs") !== null) statistics = row;
  }
  const small = (sent: Sent) => readSmallInteger(sent).value;
  return {
    trainer_14_days_runs: small(column(statistics, "stats_runs")),
    trainer_14_days_wins: small(column(statistics, "stats_wins")),
    trainer_14_days_percent: readPercent(column(statistics, "stats_win_percent")).value,
    quotes: jsonList(lists.quotes),
    stable_tour: jsonList(lists.stableTour),
    medical: jsonList(lists.medical),
    previous_trainers: jsonList(lists.trainers),
    previous_owners: jsonList(lists.owners),
  };
}

function filled(values: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

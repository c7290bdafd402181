import { readId } from "../values/ids.ts";
import { presentText, type Sent } from "../values/missing.ts";
import { readAnimalName } from "../values/names.ts";
import type { RowReader } from "./row_reader.ts";
import type { HorseRow, ParentRow, PersonRow, TrainerRow } from "./rows.ts";

/** The master rows that one runner brings; null where the feed names none. */
export interface RunnerEntities {
  readonly horse: HorseRow;
  readonly sire: ParentRow | null;
  readonly dam: ParentRow | null;
  readonly damsire: ParentRow | null;
  readonly jockey: PersonRow | null;
  readonly trainer: TrainerRow | null;
  readonly owner: PersonRow | null;
  /** Names as the odds give them. */
  readonly bookmakers: readonly string[];
}

/** A sire, dam or damsire: cards send the region beside the name, results behind it. */
export function readParent(
  read: RowReader,
  field: "sire" | "dam" | "damsire",
  sentId: Sent,
  sentName: Sent,
  sentRegion: Sent,
  seenOn: string,
): ParentRow | null {
  const id = readMasterId(read, field, sentId, sentName);
  if (id === null) return null;
  const { name, region } = readAnimalName(sentName);
  return { id, name, region_code: presentText(sentRegion)?.toLowerCase() ?? region, last_seen_on: seenOn };
}

/** A trainer or an owner. */
export function readPerson(
  read: RowReader,
  field: "trainer" | "owner",
  sentId: Sent,
  sentName: Sent,
  seenOn: string,
): PersonRow | null {
  const id = readMasterId(read, field, sentId, sentName);
  return id === null ? null : { id, name: presentText(sentName), last_seen_on: seenOn };
}

/** Without an id there is no row to keep a name in, so a name that comes alone is noted. */
function readMasterId(read: RowReader, field: string, sentId: Sent, sentName: Sent): string | null {
  const id = readId(sentId);
  if (id.value === null && id.problem === null && presentText(sentName) !== null) {
    read.noteMissing(`${field}_id`, sentName, `${field} has a name`);
  }
  return read.take(`${field}_id`, sentId, id);
}

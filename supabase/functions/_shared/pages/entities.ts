import { readId } from "../values/ids.ts";
import type { JockeyEntry } from "../values/jockey.ts";
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

/** Somebody that a runner names: by an id, with the master row that it brings; by a name alone; or not at all. */
export interface Named<Row> {
  readonly row: Row | null;
  readonly id: string | null;
  /** Null where there is an id: the name is in the row then. */
  readonly nameAlone: string | null;
}

/** A sire, dam or damsire: cards send the region beside the name, results behind it. */
export function readParent(
  read: RowReader,
  field: "sire" | "dam" | "damsire",
  sentId: Sent,
  sentName: Sent,
  sentRegion: Sent,
  seenOn: string,
): Named<ParentRow> {
  const id = read.take(`${field}_id`, sentId, readId(sentId));
  const { name, region } = readAnimalName(sentName);
  return named(id, name, (id) => ({
    id,
    name,
    region_code: presentText(sentRegion)?.toLowerCase() ?? region,
    last_seen_on: seenOn,
  }));
}

/** What a horse's row says of its parents. */
export function parentColumns(
  sire: Named<ParentRow>,
  dam: Named<ParentRow>,
  damsire: Named<ParentRow>,
): Pick<HorseRow, "sire_id" | "sire_name" | "dam_id" | "dam_name" | "damsire_id" | "damsire_name"> {
  return {
    sire_id: sire.id,
    sire_name: sire.nameAlone,
    dam_id: dam.id,
    dam_name: dam.nameAlone,
    damsire_id: damsire.id,
    damsire_name: damsire.nameAlone,
  };
}

/** A trainer or an owner. */
export function readPerson(
  read: RowReader,
  field: "trainer" | "owner",
  sentId: Sent,
  sentName: Sent,
  seenOn: string,
): Named<PersonRow> {
  const id = read.take(`${field}_id`, sentId, readId(sentId));
  const name = presentText(sentName);
  return named(id, name, (id) => ({ id, name, last_seen_on: seenOn }));
}

/** The jockey of a card or a result, as its value was read. */
export function namedJockey(jockey: JockeyEntry | null, seenOn: string): Named<PersonRow> {
  const name = jockey?.name ?? null;
  return named(jockey?.id ?? null, name, (id) => ({ id, name, last_seen_on: seenOn }));
}

function named<Row>(id: string | null, name: string | null, toRow: (id: string) => Row): Named<Row> {
  return id === null ? { row: null, id, nameAlone: name } : { row: toRow(id), id, nameAlone: null };
}

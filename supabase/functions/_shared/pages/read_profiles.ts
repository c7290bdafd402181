import { formatISO, parseISO, subDays } from "date-fns";
import { horseProfile } from "../racing_api/schemas.ts";
import { readDate } from "../values/dates.ts";
import { readAnimalName } from "../values/names.ts";
import { elementParser, rejectElement } from "./element_parser.ts";
import { parentColumns, readParent, type RunnerEntities } from "./entities.ts";
import { harvest } from "./harvest.ts";
import { RowReader } from "./row_reader.ts";
import { type AskedId, emptyPageRows, type PageRows, type Reject } from "./rows.ts";
import { UnknownFields } from "./unknown_fields.ts";

/** What the API answered for one horse. */
export interface ProfileAnswer {
  /** The id that was asked for. */
  readonly id: string;
  /** The day of its first stored run. A profile has no day of its own, and counts as older than that. */
  readonly seenOn: string;
  /** Null when the API does not know the horse. */
  readonly body: unknown;
}

const parseProfile = elementParser("horse", horseProfile, (profile) => profile);

/** The rows of several horses' profiles, and which of the ids the API knows. */
export function readProfiles(answers: readonly ProfileAnswer[]): PageRows {
  const unknownFields = new UnknownFields();
  const entities: RunnerEntities[] = [];
  const rejects: Reject[] = [];
  const asked: AskedId[] = [];
  for (const answer of answers) {
    if (answer.body === null) {
      asked.push({ id: answer.id, is_known: false });
      continue;
    }
    const read = readProfile(answer, unknownFields, rejects);
    if (read !== null) entities.push(read);
    asked.push({ id: answer.id, is_known: read === null ? null : true });
  }
  return {
    ...emptyPageRows(),
    ...harvest([], entities),
    rejects,
    unknown_fields: unknownFields.list(),
    asked,
  };
}

/** Null, and a reject, when the body is no profile of that horse. */
function readProfile(
  { id, seenOn: firstRun, body }: ProfileAnswer,
  unknownFields: UnknownFields,
  rejects: Reject[],
): RunnerEntities | null {
  const parsed = parseProfile(body, unknownFields);
  const refusal = !parsed.ok
    ? parsed
    : parsed.element.id !== id
    ? { ok: false as const, field: "id", reason: `id is not ${id}, which was asked for.` }
    : null;
  if (!parsed.ok || refusal !== null) {
    if (refusal !== null) rejects.push({ ...rejectElement("horse", body, "", refusal), horse_id: id });
    return null;
  }
  const { element: profile, setAside } = parsed;
  const read = new RowReader({ race_id: null, horse_id: id, race_date: null, prefix: "" }, rejects);
  read.noteSetAside(setAside);
  // What a card or result says of the names stands, also that of the only day.
  const seenOn = formatISO(subDays(parseISO(firstRun), 1), { representation: "date" });
  const sire = readParent(read, "sire", profile.sire_id, profile.sire, null, seenOn);
  const dam = readParent(read, "dam", profile.dam_id, profile.dam, null, seenOn);
  const damsire = readParent(read, "damsire", profile.damsire_id, profile.damsire, null, seenOn);
  const { name, region } = readAnimalName(profile.name);
  return {
    horse: {
      id,
      name,
      region_code: region,
      dob: read.take("dob", profile.dob, readDate(profile.dob)),
      sex: read.text(profile.sex),
      sex_code: read.text(profile.sex_code),
      colour: read.text(profile.colour),
      breeder: read.text(profile.breeder),
      ...parentColumns(sire, dam, damsire),
      last_seen_on: seenOn,
      // Below every card, so that it does not matter which of the two came first.
      card_seen_on: null,
    },
    sire: sire.row,
    dam: dam.row,
    damsire: damsire.row,
    jockey: null,
    trainer: null,
    owner: null,
    bookmakers: [],
  };
}

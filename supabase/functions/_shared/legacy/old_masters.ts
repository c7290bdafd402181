import { readDate } from "../values/dates.ts";
import { readId } from "../values/ids.ts";
import { KNOWN_NON_RUNNER_ID, readResultJockey } from "../values/jockey.ts";
import { presentText, type Sent } from "../values/missing.ts";
import { readAnimalName, readCourseName } from "../values/names.ts";
import { sortedBy } from "../pages/harvest.ts";
import type { CourseRow, HorseRow, MasterRows, ParentRow, PersonRow, TrainerRow } from "../pages/rows.ts";
import { column, first, type OldRow, type OldTables, type TableKind } from "./old_rows.ts";
import { isTest, readOldRegion, readOldSex } from "./old_values.ts";

/**
 * The day on which the old database counts as having named a master row: before the first day of the API, so that
 * whatever that says of it is newer.
 */
export const BEFORE_THE_API = "1987-12-31";

type ParentKind = "sires" | "dams" | "damsires";
type PersonKind = "jockeys" | "trainers" | "owners";

/** An id of the old database, or null: '' stands for none, and rows of its own tests for nothing. */
export function oldId(sent: Sent): string | null {
  const { value } = readId(sent);
  return value === null || isTest(value) ? null : value;
}

/** Master rows of the old database, each made when something names it first. */
export class OldMasters {
  readonly #byId: ReadonlyMap<TableKind, ReadonlyMap<string, OldRow>>;
  readonly #parents = {
    sires: new Map<string, ParentRow>(),
    dams: new Map<string, ParentRow>(),
    damsires: new Map<string, ParentRow>(),
  };
  readonly #people = {
    jockeys: new Map<string, PersonRow>(),
    trainers: new Map<string, TrainerRow>(),
    owners: new Map<string, PersonRow>(),
  };
  readonly #horses = new Map<string, HorseRow>();
  readonly #courses = new Map<string, CourseRow>();

  constructor(tables: OldTables) {
    const index = (kind: TableKind, key: string) =>
      [kind, new Map(tables[kind].map((row) => [String(column(row, key) ?? ""), row]))] as const;
    this.#byId = new Map([
      index("pedigree", "horse_id"),
      ...(["horses", "sires", "dams", "damsires", "jockeys", "trainers", "owners", "courses"] as const)
        .map((kind) => index(kind, "id")),
    ]);
  }

  /** A sire, dam or damsire by its id; null when that is none. */
  parent(kind: ParentKind, sentId: Sent, sentName: Sent): string | null {
    const id = oldId(sentId);
    if (id === null || this.#parents[kind].has(id)) return id;
    const row = this.#find(kind, id);
    const { name, region } = readAnimalName(first(column(row, "name"), sentName));
    this.#parents[kind].set(id, {
      id,
      name,
      region_code: readOldRegion(column(row, "region")) ?? region,
      last_seen_on: BEFORE_THE_API,
    });
    return id;
  }

  /** A jockey, trainer or owner by the id; null when that is none, or stands for a non-runner. */
  person(kind: PersonKind, sentId: Sent, sentName: Sent, location: Sent = null): string | null {
    const id = oldId(sentId);
    if (id === null || id === KNOWN_NON_RUNNER_ID) return null;
    if (this.#people[kind].has(id)) return id;
    const row = this.#find(kind, id);
    const sent = first(column(row, "name"), sentName);
    // A jockey's claim stands behind the name: it is of a day, not of the jockey.
    const name = kind === "jockeys" ? readResultJockey(sent, id).value?.name ?? null : presentText(sent);
    const person: PersonRow = { id, name, last_seen_on: BEFORE_THE_API };
    if (kind === "trainers") {
      this.#people.trainers.set(id, {
        ...person,
        location: presentText(first(column(row, "location"), location)),
        card_seen_on: null,
      });
    } else this.#people[kind].set(id, person);
    return id;
  }

  /** A horse by its id, with its parents. `run`: a run of it, which may say what the old tables of horses do not. */
  horse(sentId: Sent, run?: OldRow): string | null {
    const id = oldId(sentId);
    if (id === null || this.#horses.has(id)) return id;
    const row = this.#find("horses", id);
    const pedigree = this.#find("pedigree", id);
    const of = (name: string) => first(column(row, name), column(pedigree, name), column(run, name));
    const { name, region } = readAnimalName(first(column(row, "name"), column(run, "horse_name")));
    const sex = readOldSex(first(column(row, "sex"), column(run, "sex")));
    const parents = (["sire", "dam", "damsire"] as const).map((parent) => {
      const parentName = column(pedigree, parent);
      const parentId = this.parent(`${parent}s`, of(`${parent}_id`), parentName);
      return { id: parentId, name: parentId === null ? readAnimalName(parentName).name : null };
    });
    const [sire, dam, damsire] = parents;
    this.#horses.set(id, {
      id,
      name,
      region_code: readOldRegion(of("region")) ?? region,
      dob: readDate(first(column(row, "dob"), column(run, "dob"))).value,
      sex: sex.word,
      sex_code: presentText(first(column(row, "sex_code"), column(run, "sex_code"))) ?? sex.code,
      colour: presentText(first(column(row, "colour"), column(run, "colour"))),
      breeder: presentText(of("breeder")),
      sire_id: sire?.id ?? null,
      sire_name: sire?.name ?? null,
      dam_id: dam?.id ?? null,
      dam_name: dam?.name ?? null,
      damsire_id: damsire?.id ?? null,
      damsire_name: damsire?.name ?? null,
      last_seen_on: BEFORE_THE_API,
      card_seen_on: null,
    });
    return id;
  }

  /** A course by its id. `race`: a race there, which may be all that names it. */
  course(sentId: Sent, race?: OldRow): string | null {
    const id = oldId(sentId);
    if (id === null || this.#courses.has(id)) return id;
    const row = this.#find("courses", id);
    this.#courses.set(id, {
      id,
      name: readCourseName(first(column(row, "name"), column(race, "course_name"))),
      region_code: readOldRegion(first(column(row, "region_code"), column(race, "region"))),
      is_listed: false,
    });
    return id;
  }

  /** The region of a course, for a race that has none. */
  regionOfCourse(id: string): string | null {
    return this.#courses.get(id)?.region_code ?? null;
  }

  /** All that was named so far, in the order in which rows are locked. */
  rows(): Omit<MasterRows, "bookmakers"> {
    const inOrder = <Row extends { readonly id: string }>(rows: ReadonlyMap<string, Row>) =>
      sortedBy(rows.values(), (row) => row.id);
    return {
      courses: inOrder(this.#courses),
      sires: inOrder(this.#parents.sires),
      dams: inOrder(this.#parents.dams),
      damsires: inOrder(this.#parents.damsires),
      horses: inOrder(this.#horses),
      jockeys: inOrder(this.#people.jockeys),
      trainers: inOrder(this.#people.trainers),
      owners: inOrder(this.#people.owners),
    };
  }

  #find(kind: TableKind, id: string): OldRow | undefined {
    const row = this.#byId.get(kind)?.get(id);
    return isTest(column(row, "name")) ? undefined : row;
  }
}

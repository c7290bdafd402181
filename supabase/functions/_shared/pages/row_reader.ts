import { storableJson } from "../values/json.ts";
import { presentText, type Sent } from "../values/missing.ts";
import type { Reading } from "../values/reading.ts";
import type { SetAside } from "./element_parser.ts";
import type { Contradiction } from "./merge_copies.ts";
import type { Reject } from "./rows.ts";

/** Which row is being read. */
export interface Place {
  readonly race_id: string | null;
  readonly horse_id: string | null;
  readonly race_date: string | null;
  /** Before each field's name in a path: "" or "runners[3]." */
  readonly prefix: string;
}

/**
 * Reads the values of one row. A value that the feed does not have is null, and so is one that cannot be understood,
 * but that one is noted with what was sent.
 */
export class RowReader {
  constructor(readonly place: Place, readonly rejects: Reject[]) {}

  /** The value of a reading; one that was misread is noted. */
  take<T>(field: string, sent: unknown, reading: Reading<T>): T | null {
    if (reading.problem !== null) this.noteMisread(field, sent, reading.problem);
    return reading.value;
  }

  /** Text as sent, which is right for most columns. */
  text(sent: Sent): string | null {
    return presentText(sent);
  }

  /** Notes the fields that were set aside because of their kind. */
  noteSetAside(setAside: readonly SetAside[]): void {
    for (const { field, sent } of setAside) this.noteMisread(field, sent, "is of a kind that cannot be read");
  }

  /** Notes the fields that came twice with two values: the later one is in the row. */
  noteContradictions(contradictions: readonly Contradiction[]): void {
    for (const { field, sent } of contradictions) {
      this.#note(field, sent, "came twice with two values, and the later one stands");
    }
  }

  /** Notes what was sent and is lost to its column: "draw is not a whole number of 0 or more." */
  noteMisread(field: string, sent: unknown, problem: string): void {
    this.#note(field, sent, problem);
  }

  /**
   * Notes that the feed has none where it should have one: "runners is missing although every race has a list of
   * them." Most values may be missing without a word.
   *
   * @param evidence what was sent that speaks for a value; there is no value to keep
   */
  noteMissing(field: string, evidence: unknown, although: string): void {
    this.#note(field, evidence, `is missing although ${although}`);
  }

  #note(field: string, value: unknown, problem: string): void {
    const { race_id, horse_id, race_date, prefix } = this.place;
    this.rejects.push({
      kind: "value",
      race_id,
      horse_id,
      race_date,
      reason: `${field} ${problem}.`,
      path: prefix + field,
      raw: { value: storableJson(value) },
    });
  }
}

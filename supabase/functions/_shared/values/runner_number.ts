import { presentText, type Sent } from "./missing.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

/** A saddlecloth number and what the card says in its place. */
export interface RunnerNumber {
  readonly number: number | null;
  readonly isNonRunner: boolean;
  readonly isReserve: boolean;
}

const NUMBER = /^(R?)(\d{0,4})$/;

/** The Racing API, `number`: `7`; `NR` for a non-runner; `R20` for the reserve 20 of an Irish card. */
export function readRunnerNumber(sent: Sent): Reading<RunnerNumber> {
  const text = presentText(sent)?.toUpperCase();
  if (text === undefined) return MISSING;
  if (text === "NR") return known({ number: null, isNonRunner: true, isReserve: false });
  const [, reserve, digits] = NUMBER.exec(text) ?? [];
  if (digits === undefined) return misread("is not a number, NR or a reserve such as R20");
  // Number("") is 0, and so is the number of an entry that has none yet.
  return known({ number: Number(digits) || null, isNonRunner: false, isReserve: reserve === "R" });
}

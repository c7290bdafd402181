import { presentText, type Sent } from "./missing.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

/** The largest value of a Postgres integer. */
export const INTEGER_MAX = 2_147_483_647;
/** The largest value of a Postgres smallint. */
export const SMALLINT_MAX = 32_767;
const SMALLINT_MIN = -32_768;

/** A Postgres numeric(precision, scale). */
export interface NumericType {
  readonly precision: number;
  readonly scale: number;
}

const WHOLE = /^[+-]?\d{1,15}(?:\.0*)?$/;
const DECIMAL = /^[+-]?(?:\d{1,15}(?:\.\d*)?|\.\d+)$/;

/** A whole number that a Postgres integer holds: `"7"`, `7`, `"7.0"`. By default not negative. */
export function readInteger(sent: Sent, min = 0, max = INTEGER_MAX): Reading<number> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  const number = WHOLE.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return known(withoutNegativeZero(number));
  return misread(
    max === INTEGER_MAX
      ? `is not a whole number of ${min} or more`
      : `is not a whole number from ${min} to ${max}`,
  );
}

/** A whole number of 0 or more that a Postgres smallint holds, as most columns of a runner are. */
export function readSmallInteger(sent: Sent): Reading<number> {
  return readInteger(sent, 0, SMALLINT_MAX);
}

/** The Racing API, cards `rpr` and `ts`, results `rpr` and `tsr`: a poor run earns a figure below 0. */
export function readFigure(sent: Sent): Reading<number> {
  return readInteger(sent, SMALLINT_MIN, SMALLINT_MAX);
}

/**
 * A number of 0 or more that fits numeric(precision, scale), rounded to its scale as Postgres would: `"0.5"`,
 * `".75"`.
 */
export function readDecimal(sent: Sent, type: NumericType): Reading<number> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  return DECIMAL.test(text) ? fitDecimal(Number(text), type) : misread("is not a number");
}

/** A number that fits numeric(precision, scale) after rounding, or the problem that it does not. */
export function fitDecimal(number: number, { precision, scale }: NumericType): Reading<number> {
  const limit = 10 ** (precision - scale);
  const rounded = Number(number.toFixed(scale));
  return rounded >= 0 && rounded < limit
    ? known(withoutNegativeZero(rounded))
    : misread(`is not a number from 0 to below ${limit}`);
}

/**
 * The Racing API, `trainer_rtf` and `trainer_14_days.percent`: `"33"`; a per cent sign is let pass. A share of
 * nothing is sent as `None`, which is none.
 */
export function readPercent(sent: Sent): Reading<number> {
  const text = presentText(sent);
  if (text?.toLowerCase() === "none") return MISSING;
  return readDecimal(text?.replace(/\s*%$/, ""), { precision: 5, scale: 2 });
}

function withoutNegativeZero(number: number): number {
  return number === 0 ? 0 : number;
}

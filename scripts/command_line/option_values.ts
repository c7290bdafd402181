import { isMatch } from "date-fns";
import { Problem } from "./problem.ts";

/**
 * Reads an option's value; throws a `Problem` that names the option when it is not of the kind. The text is never
 * empty.
 */
export type ValueReader<T> = (text: string, name: string) => T;

/** Any text. */
export const anyText: ValueReader<string> = (text) => text;

/** A day that there is, as YYYY-MM-DD. */
export const day: ValueReader<string> = (text, name) => {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && isMatch(text, "yyyy-MM-dd")) return text;
  throw new Problem(`--${name} must be a day as YYYY-MM-DD, not "${text}".`);
};

/** A whole number within bounds, both included. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): ValueReader<number> {
  return (text, name) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    const bounds = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
    throw new Problem(`--${name} must be a whole number ${bounds}, not "${text}".`);
  };
}

/** A number above 0, with or without a fraction. */
export function factor(most: number): ValueReader<number> {
  return (text, name) => {
    const number = Number(text);
    if (text.trim() !== "" && number > 0 && number <= most) return number;
    throw new Problem(`--${name} must be a number above 0, at most ${most}, not "${text}".`);
  };
}

/** A list, separated by commas, of at least one. */
export const list: ValueReader<string[]> = (text, name) => {
  const items = text.split(",").map((item) => item.trim()).filter((item) => item !== "");
  if (items.length > 0) return items;
  throw new Problem(`--${name} needs at least one value; separate several with commas.`);
};

/** Where a database is, with the user and the password. */
export const databaseUrl: ValueReader<string> = (text, name) => {
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new Problem(`--${name} must be like postgres://user:password@127.0.0.1:5432/postgres.`);
};

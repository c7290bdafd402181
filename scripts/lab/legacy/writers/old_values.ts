/** How the old system's writers read values, faults included. */

/** A whole number, else null: of a letter code, a dash and an empty text nothing is left. */
export function wholeNumber(text: string | null): number | null {
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : null;
}

/** A number, else null. */
export function decimal(text: string | null): number | null {
  return text !== null && /^-?\d*\.?\d+$/.test(text) ? Number(text) : null;
}

/** A prize: a sign other than the pound's makes nothing of it. */
export function pounds(text: string): number | null {
  return decimal(text.replace("£", "").replaceAll(",", ""));
}

/** The text with its offset, sent into a timestamp without zone: the offset is dropped, the wall clock stays. */
export function withoutZone(offDt: string): string {
  return offDt.slice(0, 19).replace("T", " ");
}

/** `1:44` in the afternoon, cast to a time: 01:44:00. */
export function castTime(offTime: string): string {
  const [hour = "", minute = ""] = offTime.split(":");
  return `${hour.padStart(2, "0")}:${minute}:00`;
}

/** Metres of a card's distance: miles and furlongs, rounded, without yards and half furlongs. */
export function metresOfCard(distance: string): number | null {
  const [, miles = "0", furlongs = "0"] = /^(?:(\d+)m)?(?:(\d+)f)?/.exec(distance) ?? [];
  return Number(miles) * 1609 + Number(furlongs) * 201 || null;
}

/** `.75` is `.75L`, and `0` is `0`. */
export function beatenBy(lengths: string): string | null {
  const number = decimal(lengths);
  return number === null ? null : number === 0 ? "0" : `${number}L`;
}

/** A moment in the database's columns without zone. */
export function stamp(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 19).replace("T", " ");
}

/** What a varchar takes of a text that a later version of the writer shortened to null. */
export function atMost(length: number, text: string): string | null {
  return text.length > length ? null : text;
}

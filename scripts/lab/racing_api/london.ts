/** UK racing days and times, without `Intl`: a year of races asks for thousands of them. */

const DAY_MS = 86_400_000;

/** Days since 1970-01-01 of a `YYYY-MM-DD` date. */
export function dayOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / DAY_MS;
}

/** The `YYYY-MM-DD` date of a day number. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Whether a text is a real calendar date of the form `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** 0 is Sunday. */
export function weekdayOf(day: number): number {
  return (day + 4) % 7;
}

/** The year of a day number. */
export function yearOf(day: number): number {
  return new Date(day * DAY_MS).getUTCFullYear();
}

interface Summer {
  readonly start: number;
  readonly end: number;
}

const summers = new Map<number, Summer>();

/** British summer time of a year in epoch milliseconds. It ended a little earlier until 1995. */
function summerOf(year: number): Summer {
  let summer = summers.get(year);
  if (!summer) {
    const sundayUpTo = (latest: string) => {
      const day = dayOf(latest);
      return (day - weekdayOf(day)) * DAY_MS + 3_600_000;
    };
    summer = {
      start: sundayUpTo(`${year}-03-31`),
      end: sundayUpTo(`${year}-10-${year < 1990 ? 29 : year < 1996 ? 28 : 31}`),
    };
    summers.set(year, summer);
  }
  return summer;
}

function offsetAt(epochMs: number): number {
  const summer = summerOf(new Date(epochMs).getUTCFullYear());
  return epochMs >= summer.start && epochMs < summer.end ? 3_600_000 : 0;
}

/** The instant of a London wall-clock time, in minutes after midnight of a day. */
export function londonInstant(day: number, minutes: number): number {
  const asUtc = day * DAY_MS + minutes * 60_000;
  return asUtc - offsetAt(asUtc - offsetAt(asUtc));
}

/** `2025-10-14T13:44:00+01:00` */
export function londonIso(epochMs: number): string {
  const offset = offsetAt(epochMs);
  const local = new Date(epochMs + offset).toISOString().slice(0, 19);
  return `${local}${offset ? "+01:00" : "+00:00"}`;
}

/** `2025-10-14 13:44:00` */
export function londonStamp(epochMs: number): string {
  return londonIso(epochMs).slice(0, 19).replace("T", " ");
}

/** The London calendar day of an instant. */
export function londonDay(epochMs: number): number {
  return Math.floor((epochMs + offsetAt(epochMs)) / DAY_MS);
}

/** `1:44`: twelve hours and no am or pm, as the API writes off times. */
export function twelveHour(epochMs: number): string {
  const local = new Date(epochMs + offsetAt(epochMs));
  const hour = local.getUTCHours() % 12 || 12;
  return `${hour}:${String(local.getUTCMinutes()).padStart(2, "0")}`;
}

/** Moments and days as a reader in the United Kingdom writes them, summer and winter. */

function format(options: Intl.DateTimeFormatOptions, timeZone = "Europe/London"): (moment: Date) => string {
  const formatter = new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", ...options });
  return (moment) => formatter.format(moment);
}

const CLOCK = { hour: "2-digit", minute: "2-digit" } as const;
const DAY = { weekday: "short", day: "numeric", month: "short" } as const;

/** "14:05" */
export const clockTime = format(CLOCK);
/** "14:05:10" */
export const clockSeconds = format({ ...CLOCK, second: "2-digit" });
/** "Wed 25 Nov" */
export const weekday = withoutComma(format(DAY));
/** "Wed 25 Nov, 14:05" */
export const moment = (at: Date) => `${weekday(at)}, ${clockTime(at)}`;
/** "Wed 25 Nov 2026, 14:05 GMT" */
export const fullMoment = (at: Date) => `${fullDay(at)}, ${clockTime(at)} ${zoneOf(at)}`;

const fullDay = withoutComma(format({ ...DAY, year: "numeric" }));
const onDay = withoutComma(format(DAY, "UTC"));
const onDate = format({ day: "numeric", month: "short", year: "numeric" }, "UTC");
const zone = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/London", timeZoneName: "short" });

/** "Wed 25 Nov", of YYYY-MM-DD, which has no time zone. */
export const dayName = (day: string) => onDay(new Date(`${day}T00:00:00Z`));
/** "25 Nov 2026" */
export const dateName = (day: string) => onDate(new Date(`${day}T00:00:00Z`));

function zoneOf(at: Date): string {
  return zone.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/** Browsers and Deno differ in whether a comma follows the weekday. */
function withoutComma(of: (moment: Date) => string): (moment: Date) => string {
  return (at) => of(at).replaceAll(",", "");
}

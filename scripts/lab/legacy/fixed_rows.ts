/** Rows that the old system did not gather from races: its own lists, and what its validators left. */

import { COURSES } from "../racing_api/generator/courses.ts";
import type { Row } from "./writers/row.ts";

/** Fourteen, two of them with a code of its own. */
const REGIONS =
  ("gb Great Britain|ire Ireland|fr France|ger Germany|usa USA|can Canada|aus Australia|nz New Zealand|jpn Japan|" +
    "hk Hong Kong|uae United Arab Emirates|sin Singapore|sa South Africa|ita Italy").split("|");
/** Codes that the API's regions don't have. */
export const WRONG_REGIONS: readonly string[] = ["sa", "ita"];

const BOOKMAKERS =
  ("Bet365;William Hill;Coral;Ladbrokes;Paddy Power;Betfred;Sky Bet;Unibet;Boyle Sports;Bet Victor;Betway;888 Sport;" +
    "10 Bet;Bet UK;Livescore Bet;Quinn Bet;Star Sports;Tote;Spread Ex;Betfair Sportsbook;Betfair Exchange;Matchbook")
    .split(";");

export const TEST = "**TEST**";

/** The lists, by the first name of their table. Bookmakers count themselves from 1. */
export function fixedRows(at: string): Map<string, Row[]> {
  const written = { created_at: at };
  return new Map<string, Row[]>([
    [
      "ra_regions",
      REGIONS.map((entry) => {
        const [code = "", ...name] = entry.split(" ");
        return { code, name: name.join(" "), ...written };
      }),
    ],
    [
      "ra_courses",
      COURSES.filter(({ region_code }) => region_code === "gb" || region_code === "ire").map((
        course,
        index,
      ) => ({
        ...{ id: course.id, name: course.course, region_code: course.region_code, region: course.region },
        ...(index % 3 === 0 ? {} : { longitude: -2 + index / 100, latitude: 51 + index / 50 }),
        ...written,
        updated_at: at,
      })),
    ],
    [
      "ra_bookmakers",
      BOOKMAKERS.map((name) => ({
        ...{ name, code: name.toLowerCase().replaceAll(" ", "_"), is_active: true, ...written },
        type: name.includes("Exchange") ? "exchange" : "bookmaker",
      })),
    ],
  ]);
}

export const underscoredBookmakers = (): number => BOOKMAKERS.filter((name) => name.includes(" ")).length;

/** What the validators of the old system put in and did not take out, by the first name of their table. */
export function testRows(at: string): Map<string, Row[]> {
  const written = { created_at: at, updated_at: at };
  const horse = { horse_id: `${TEST}_horse`, horse_name: `${TEST} Horse` };
  const race = `${TEST}_race`;
  return new Map<string, Row[]>([
    ["ra_courses", [{
      id: `${TEST}_course`,
      name: `${TEST} Course`,
      region_code: "gb",
      region: TEST,
      ...written,
    }]],
    ["ra_horses", [{ id: horse.horse_id, name: horse.horse_name, ...written }]],
    ["ra_jockeys", [{ id: `${TEST}_jockey`, name: `${TEST} Jockey`, ...written }]],
    ["ra_races", [{
      ...{
        id: race,
        course_id: `${TEST}_course`,
        course_name: TEST,
        date: at.slice(0, 10),
        off_time: "00:00:00",
      },
      ...{
        race_name: `${TEST} Race`,
        has_result: false,
        is_big_race: false,
        is_abandoned: false,
        ...written,
      },
    }]],
    ["ra_runners", [{
      ...{ race_id: race, ...horse, jockey_id: `${TEST}_jockey`, jockey_name: TEST, number: "1", draw: "" },
      ...{ is_scratched: false, ...written },
    }]],
    ["ra_race_results", [{
      race_id: race,
      race_date: at.slice(0, 10),
      ...horse,
      position: 1,
      created_at: at,
    }]],
  ]);
}

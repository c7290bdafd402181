/** Racecourses. The places are real geography; the ids are made up. */

import type { Course } from "../source.ts";
import { placeName } from "./names.ts";
import { REGIONS } from "./regions.ts";

/** What a course stages. */
export type Code = "flat" | "aw" | "jumps";

/** A racecourse with what the generator needs to know of it. */
export interface Racecourse extends Course {
  /** As cards write it: `Dundalk (AW)`. */
  readonly cardName: string;
  /** As results write it: `Dundalk (AW) (IRE)`. */
  readonly resultName: string;
  /** Two courses of one place (turf and all-weather) never race on the same day. */
  readonly place: string;
  readonly codes: readonly Code[];
  /** First and last year of racing there. */
  readonly from: number;
  readonly until: number;
  /** Jump racing in summer, which few courses stage. */
  readonly summerJumps: boolean;
}

/** name: F flat turf, J jumps, A all-weather, s summer jumps; then years where they matter; `-` stages nothing. */
const BRITISH =
  `Aintree J;Ascot FJ;Ayr FJ;Bangor-on-Dee Js;Bath F;Beverley F;Brighton F;Carlisle FJ;Cartmel Js;
  Catterick FJ;Chelmsford -;Chelmsford-AW A 2008;Cheltenham J;Chepstow FJ;Chester F;Doncaster FJ;Epsom F;Exeter J;
  Fakenham J;Ffos Las FJs 2009;Folkestone FJ 1980 2012;Fontwell Js;Goodwood F;Hamilton F;Haydock FJ;Hereford J;
  Hexham Js;Huntingdon J;Kelso J;Kempton FJ;Kempton-AW A 2006;Larkhill-gb -;Leicester FJ;Lingfield FJ;
  Lingfield-AW A 1989;Ludlow J;Market Rasen Js;Musselburgh FJ;Newbury FJ;Newcastle FJ;Newcastle-AW A 2016;
  Newmarket F;Newmarket-July F;Newton Abbot Js;Nottingham F;Perth Js;Plumpton J;Pontefract F;Redcar F;Ripon F;
  Salisbury F;Sandown FJ;Sedgefield Js;Southwell Js;Southwell-AW A 1989;Stratford Js;Taunton J;Thirsk F;
  Towcester J 1980 2018;Uttoxeter Js;Warwick J;Wetherby FJ;Wincanton J;Windsor F;Wolverhampton F 1980 1993;
  Wolverhampton-AW A 1993;Worcester Js;Yarmouth F;York F`;

const IRISH = `Ballinrobe FJs;Bellewstown FJs;Clonmel J;Cork FJs;Curragh F;Down Royal FJs;Downpatrick Js;
  Dundalk FJ 1980 2001;Dundalk-AW A 2007;Fairyhouse FJ;Galway FJs;Gowran Park FJ;Kilbeggan Js;Killarney FJs;Laytown -;
  Leopardstown FJ;Limerick FJs;Limerick Junction FJ 1980 1990;Listowel FJs;Mallow FJ 1980 1997;Naas FJ;Navan FJ;
  Phoenix Park F 1980 1990;Punchestown Js;Roscommon FJs;Sligo FJs;Thurles J;Tipperary FJs;Tralee FJ 1980 2008;
  Tramore FJs;Wexford J 1980 2014;Wexford-RH Js 2015`;

/** How many of the 979 courses lie in each other region; the rest is spread evenly. */
const ABROAD: Readonly<Record<string, number>> = {
  fr: 190,
  aus: 210,
  usa: 90,
  ger: 45,
  nz: 45,
  jpn: 30,
  ity: 28,
  can: 18,
  arg: 14,
  swe: 14,
  saf: 12,
  hk: 2,
};

const ALL_COURSES = 979;

function parse(list: string, regionCode: string, firstId: number): Racecourse[] {
  return list.split(";").map((entry, index) => {
    const match = /^(.+?) (-|[FJA]+s?)(?: (\d{4}))?(?: (\d{4}))?$/.exec(entry.trim());
    if (!match) throw new Error(`Unreadable course: ${entry}`);
    const [, name = "", letters = "", from, until] = match;
    return racecourse(name, regionCode, `crs_${firstId + 37 * index}`, letters, from, until);
  });
}

function racecourse(
  name: string,
  regionCode: string,
  id: string,
  letters: string,
  from = "1900",
  until = "9999",
): Racecourse {
  const variant = /^(.+)-(AW|RH|July|gb)$/.exec(name);
  const place = variant?.[1] ?? name;
  const cardName = variant && variant[2] !== "gb" ? `${place} (${variant[2]})` : place;
  const region = REGIONS.find((candidate) => candidate.region_code === regionCode);
  const codes: Code[] = [];
  if (letters.includes("F")) codes.push("flat");
  if (letters.includes("A")) codes.push("aw");
  if (letters.includes("J")) codes.push("jumps");
  return {
    id,
    course: name,
    region_code: regionCode,
    region: region?.region ?? "",
    cardName,
    resultName: regionCode === "gb" ? cardName : `${cardName} (${regionCode.toUpperCase()})`,
    place,
    codes,
    from: Number(from),
    until: Number(until),
    summerJumps: letters.includes("s"),
  };
}

function abroad(taken: number): Racecourse[] {
  const regions = REGIONS.filter(({ region_code }) => region_code !== "gb" && region_code !== "ire");
  const named = Object.values(ABROAD).reduce((sum, count) => sum + count, 0);
  const others = regions.filter(({ region_code }) => !(region_code in ABROAD));
  const rest = ALL_COURSES - taken - named;
  const courses: Racecourse[] = [];
  for (const { region_code } of regions) {
    const order = others.findIndex((other) => other.region_code === region_code);
    const share = Math.floor(rest / others.length) + (order >= 0 && order < rest % others.length ? 1 : 0);
    for (let i = 0; i < (ABROAD[region_code] ?? share); i++) {
      const serial = courses.length;
      courses.push(racecourse(placeName(serial), region_code, `crs_${41_000 + 29 * serial}`, "F"));
    }
  }
  return courses;
}

const british = parse(BRITISH, "gb", 1_003);
const irish = parse(IRISH, "ire", 20_011);

/** All 979 courses: 69 British, 32 Irish, the rest elsewhere. */
export const COURSES: readonly Racecourse[] = [
  ...british,
  ...irish,
  ...abroad(british.length + irish.length),
];

/** Courses of one region. */
export function coursesOf(regionCode: string): readonly Racecourse[] {
  return COURSES.filter((course) => course.region_code === regionCode);
}

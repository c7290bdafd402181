import { course, coursesPage, region, regionsPage } from "../racing_api/schemas.ts";
import { readRegionCode } from "../values/ids.ts";
import { presentText } from "../values/missing.ts";
import { elementParser, rejectElement } from "./element_parser.ts";
import { parseEnvelope } from "./envelope.ts";
import { sortedBy } from "./harvest.ts";
import { type CourseRow, emptyPageRows, type PageRows, type RegionRow, type Reject } from "./rows.ts";
import { UnknownFields } from "./unknown_fields.ts";
import { UnreadableBodyError } from "./unreadable_body_error.ts";

/** The rows of /courses. */
export interface CoursesRead {
  /** How many courses the API has for the request. */
  readonly total: number;
  readonly rows: PageRows;
}

/** The rows of /courses/regions. */
export interface RegionsRead {
  readonly rows: PageRows;
  /** Codes that were asked for and that the API does not have (`sa`, which it calls `saf`). */
  readonly missing: string[];
}

const parseCourse = elementParser("course", course, ({ id, course, region_code }): CourseRow => ({
  id,
  // This list gives the name itself: "Dundalk-AW", never with a region behind it.
  name: presentText(course),
  region_code: readRegionCode(region_code).value,
  is_listed: true,
}));
const parseRegion = elementParser("region", region, ({ region_code, region }): RegionRow => ({
  code: region_code,
  name: presentText(region),
}));

/**
 * The rows of /courses.
 *
 * @throws {UnreadableBodyError} when the body has no list of courses or no total
 */
export function readCourses(body: unknown): CoursesRead {
  const unknownFields = new UnknownFields();
  const page = parseEnvelope(
    coursesPage,
    "an object with a list courses and a number total",
    body,
    unknownFields,
  );
  const courses = new Map<string, CourseRow>();
  const rejects: Reject[] = [];
  for (const raw of page.courses) {
    const parsed = parseCourse(raw, unknownFields);
    if (parsed.ok) courses.set(parsed.element.id, parsed.element);
    else rejects.push(rejectElement("course", raw, "", parsed));
  }
  return {
    total: page.total,
    rows: {
      ...emptyPageRows(),
      courses: sortedBy(courses.values(), (row) => row.id),
      rejects,
      unknown_fields: unknownFields.list(),
    },
  };
}

/**
 * The rows of /courses/regions: all of them, and which of the wanted codes (in lower case) are not among them.
 *
 * @throws {UnreadableBodyError} when the body is not a list
 */
export function readRegions(body: unknown, wanted: readonly string[]): RegionsRead {
  const list = regionsPage.safeParse(body);
  if (!list.success) throw new UnreadableBodyError("a list of regions", body);
  const unknownFields = new UnknownFields();
  const regions = new Map<string, RegionRow>();
  const rejects: Reject[] = [];
  for (const raw of list.data) {
    const parsed = parseRegion(raw, unknownFields);
    if (parsed.ok) regions.set(parsed.element.code, parsed.element);
    else rejects.push(rejectElement("region", raw, "", parsed));
  }
  return {
    missing: wanted.filter((code) => !regions.has(code)),
    rows: {
      ...emptyPageRows(),
      regions: sortedBy(regions.values(), (row) => row.code),
      rejects,
      unknown_fields: unknownFields.list(),
    },
  };
}

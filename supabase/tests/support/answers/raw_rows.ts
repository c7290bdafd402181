import type { Sql } from "../../../../scripts/lab/platform/database.ts";

/** A row of ra_races, with what the answers use of it. */
export interface RawRace {
  readonly id: string;
  readonly course_id: string;
  readonly race_date: string;
  readonly off_dt: string | null;
  readonly race_name: string | null;
  readonly race_type: string | null;
  readonly surface: string | null;
  readonly race_class: string | null;
  readonly pattern: string | null;
  readonly distance_yards: number | null;
  readonly going: string | null;
  readonly has_result: boolean;
}

/** A row of ra_runners, with what the answers use of it. */
export interface RawRunner {
  readonly race_id: string;
  readonly horse_id: string;
  readonly jockey_id: string | null;
  readonly jockey_name: string | null;
  readonly trainer_id: string | null;
  readonly trainer_name: string | null;
  readonly owner_id: string | null;
  readonly owner_name: string | null;
  readonly draw: number | null;
  readonly age: number | null;
  readonly weight_lbs: number | null;
  readonly headgear: string | null;
  readonly headgear_run: string | null;
  readonly wind_surgery_run: string | null;
  readonly position: number | null;
  readonly position_code: string | null;
  readonly sp_decimal: number | null;
  readonly bsp: number | null;
  readonly rpr: number | null;
  readonly is_non_runner: boolean;
  readonly has_card: boolean;
  readonly has_result: boolean;
}

/** A row of ra_mst_horses, with its parents. */
export interface RawHorse {
  readonly id: string;
  readonly sire_id: string | null;
  readonly sire_name: string | null;
  readonly dam_id: string | null;
  readonly dam_name: string | null;
  readonly damsire_id: string | null;
  readonly damsire_name: string | null;
}

/** What is stored, as it is stored: the answers are worked out from it once more. */
export interface RawRows {
  readonly races: readonly RawRace[];
  readonly runners: readonly RawRunner[];
  readonly horses: readonly RawHorse[];
  /** Names of jockeys, trainers and owners by their ids, which tell themselves apart. */
  readonly people: ReadonlyMap<string, string>;
}

/** All rows of a database. */
export async function readRawRows(sql: Sql): Promise<RawRows> {
  const people = new Map<string, string>();
  for (const table of ["ra_mst_jockeys", "ra_mst_trainers", "ra_mst_owners"]) {
    const rows = await list<{ readonly id: string; readonly name: string }>(sql, table);
    for (const { id, name } of rows) people.set(id, name);
  }
  return {
    people,
    races: await list<RawRace>(sql, "ra_races"),
    runners: await list<RawRunner>(sql, "ra_runners"),
    horses: await list<RawHorse>(sql, "ra_mst_horses"),
  };
}

async function list<Row>(sql: Sql, table: string): Promise<Row[]> {
  const rows = await sql.unsafe<{ row: Row }[]>(`select to_jsonb(t) as row from public.${table} as t`);
  return rows.map(({ row }) => row);
}

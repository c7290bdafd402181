import type { Sql } from "../platform/database.ts";

/** How many years a year is made to be. */
const YEARS = 10;
/** A horse runs for three of them; then another has its place. */
const YEARS_OF_A_HORSE = 3;
/** Cards began in 2023: years before the third have none. */
const YEARS_OF_CARDS = 3;

/**
 * Makes ten years of the year that ends with the newest stored race, by SQL, in less than two minutes: earlier years
 * are copies 364 days before, with ids of their own. Drops the foreign keys, so this database is for measuring only.
 */
export async function multiplyYear(sql: Sql): Promise<void> {
  await sql.unsafe(`
    do $$
    declare
      part record;
    begin
      for part in
        select conrelid::regclass as relation, conname from pg_constraint
        where contype = 'f' and conrelid in ('ra_runners'::regclass, 'ra_races'::regclass, 'ra_mst_horses'::regclass)
      loop
        execute format('alter table %s drop constraint %I', part.relation, part.conname);
      end loop;
    end
    $$
  `);
  const [newest] = await sql<
    { first_day: string }[]
  >`select (max(race_date) - 363)::text as first_day from ra_races`;
  const firstDay = newest?.first_day ?? "";
  await sql`delete from ra_runners where race_id in (select id from ra_races where race_date < ${firstDay})`;
  await sql`delete from ra_races where race_date < ${firstDay}`;
  // Built once and not row by row.
  const indexes = await sql<{ name: string; definition: string }[]>`
    select indexname as name, indexdef as definition from pg_indexes
    where tablename = 'ra_runners' and indexname <> 'ra_runners_pkey'
  `;
  for (const { name } of indexes) await sql.unsafe(`drop index ${name}`);
  await copy(
    sql,
    "ra_mst_horses",
    Math.floor((YEARS - 1) / YEARS_OF_A_HORSE),
    (column) => column === "id" ? "old.id || '0' || copy.n" : undefined,
  );
  await copy(sql, "ra_races", YEARS - 1, (column) =>
    ({
      id: "old.id || copy.n",
      race_date: "old.race_date - 364 * copy.n",
      card_date: "old.card_date - 364 * copy.n",
      off_dt: "old.off_dt - make_interval(days => 364 * copy.n)",
      has_card: `old.has_card and copy.n < ${YEARS_OF_CARDS}`,
    })[column]);
  await copy(sql, "ra_runners", YEARS - 1, (column, comment) => {
    if (column === "race_id") return "old.race_id || copy.n";
    if (column === "horse_id") {
      return `case when copy.n < ${YEARS_OF_A_HORSE} then old.horse_id
        else old.horse_id || '0' || copy.n / ${YEARS_OF_A_HORSE} end`;
    }
    if (column === "has_card") return `old.has_card and copy.n < ${YEARS_OF_CARDS}`;
    const isOfCards = comment?.startsWith("Card.") && column !== "is_reserve";
    return isOfCards ? `case when copy.n < ${YEARS_OF_CARDS} then old.${column} end` : undefined;
  });
  for (const { definition } of indexes) await sql.unsafe(definition);
  await sql.unsafe("vacuum analyze ra_runners, ra_races, ra_mst_horses");
}

/** Copies all rows of a table so many times; a column is as it was unless `made` says otherwise. */
async function copy(
  sql: Sql,
  table: string,
  copies: number,
  made: (column: string, comment: string | null) => string | undefined,
): Promise<void> {
  const columns = await sql<{ name: string; comment: string | null }[]>`
    select attname as name, col_description(attrelid, attnum) as comment from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped
  `;
  const names = columns.map(({ name }) => name).join(", ");
  const values = columns.map(({ name, comment }) => made(name, comment) ?? `old.${name}`).join(", ");
  await sql.unsafe(
    `insert into ${table} (${names}) select ${values} from ${table} as old, generate_series(1, ${copies}) as copy (n)`,
  );
}

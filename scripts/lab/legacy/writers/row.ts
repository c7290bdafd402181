/** A row for a table of the old system; what it does not name is null there, or the column's default. */
export type Row = Record<string, string | number | boolean | null>;

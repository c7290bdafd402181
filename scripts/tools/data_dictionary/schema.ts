/** What the data dictionary needs of the schemas public and racing, read from Postgres' catalogue. */
export interface Schema {
  readonly relations: readonly Relation[];
  readonly functions: readonly DatabaseFunction[];
}

/** A table, a view, or a type: the rows of a function. Those of the schema racing have it before their name. */
export interface Relation {
  readonly name: string;
  readonly kind: "table" | "view" | "type";
  readonly comment: string | null;
  readonly columns: readonly Column[];
  /** Its primary key; none of a view. */
  readonly key: readonly string[];
  readonly unique: readonly (readonly string[])[];
  readonly references: readonly Reference[];
}

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  /** Which feed fills it, where the comment begins with that: Card, Result or Both. */
  readonly owner: string | null;
  readonly comment: string | null;
}

/** A foreign key. */
export interface Reference {
  readonly columns: readonly string[];
  readonly relation: string;
}

export interface DatabaseFunction {
  readonly name: string;
  readonly arguments: string;
  readonly result: string;
  readonly comment: string | null;
}

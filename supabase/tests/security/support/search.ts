import type postgres from "postgres";

/** Where a secret, or a part of one, was found. */
export interface Hit {
  readonly place: string;
  readonly secret: string;
}

/** So much of a secret in one piece is a leak: half of a password is worth as much as all of it. */
const PIECE = 10;

/** Finds secrets, whole or in part, whatever they are written as. */
export class SecretSearch {
  readonly #pieces: { secret: string; piece: string }[];

  /** @param secrets the secrets by their names */
  constructor(secrets: Readonly<Record<string, string>>) {
    this.#pieces = Object.entries(secrets).flatMap(([secret, value]) =>
      writtenAs(value).flatMap((text) =>
        Array.from(
          { length: Math.max(1, text.length - PIECE + 1) },
          (_, start) => ({ secret, piece: text.slice(start, start + PIECE) }),
        )
      )
    );
  }

  inText(place: string, text: string): Hit[] {
    const found = this.#pieces.filter(({ piece }) => text.includes(piece)).map(({ secret }) => secret);
    return [...new Set(found)].map((secret) => ({ place, secret }));
  }

  /** Every value of every column of every table in these schemas, bytes among them. */
  async inTables(sql: postgres.ISql, schemas: readonly string[]): Promise<Hit[]> {
    const columns = await sql<{ table: string; column: string; isBytes: boolean }[]>`
      select
        format('%I.%I', c.relnamespace::regnamespace, c.relname) as table,
        quote_ident(a.attname) as column,
        a.atttypid = 'bytea'::regtype as "isBytes"
      from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      join pg_catalog.pg_attribute as a on a.attrelid = c.oid
      where n.nspname = any (${[
      ...schemas,
    ]}) and c.relkind in ('r', 'p', 'm') and a.attnum > 0 and not a.attisdropped
      order by 1, a.attnum
    `;
    const hits: Hit[] = [];
    for (const { table, column, isBytes } of columns) {
      const text = isBytes ? `encode(${column}, 'escape')` : `${column}::text`;
      const [all] = await sql.unsafe<{ text: string | null }[]>(
        `select string_agg(distinct ${text}, E'\\n') as text from ${table}`,
      );
      hits.push(...this.inText(`${table}.${column}`, all?.text ?? ""));
    }
    return hits;
  }
}

/** A secret as it is, and as JSON, an address, HTML and base64 write it. */
export function writtenAs(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const forms = [
    secret,
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(secret),
    new URLSearchParams({ "": secret }).toString().slice(1),
    asHtml(secret),
    btoa(String.fromCharCode(...new TextEncoder().encode(secret))),
  ];
  return [...new Set(forms)];
}

/** As a page of HTML writes a text. */
export function asHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  );
}

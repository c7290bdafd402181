import postgres from "postgres";
import type { Sql } from "../../../../scripts/lab/platform/database.ts";
import type { Relation } from "./catalog.ts";
import { rolledBack } from "./rolled_back.ts";

/** `insufficient_privilege`: the one answer that is right. */
export const REFUSED = "42501";

/** Tries each statement and returns those that were not refused for lack of rights. */
export async function notRefused(
  admin: Sql,
  role: string,
  statements: readonly string[],
  exposeEngine = false,
): Promise<string[]> {
  const open: string[] = [];
  await rolledBack(admin, async (transaction) => {
    // A wrong grant does no harm while the schema is closed, but would if the schema were opened.
    if (exposeEngine) await transaction.unsafe(`grant usage on schema engine, racing to ${role}`);
    // As if it had logged in, because `reset role` would go back to the session's first role.
    await transaction.unsafe(`set local session authorization ${role}`);
    for (const statement of statements) {
      const outcome = await transaction.savepoint((attempt) => attempt.unsafe(statement)).then(
        () => "done",
        (error) => error instanceof postgres.PostgresError ? error.code : String(error),
      );
      if (outcome !== REFUSED) open.push(`${statement} -> ${outcome}`);
    }
  });
  return open;
}

/** What nobody may do to a table, view or sequence of ours. */
export function attacksOn({ name, kind, column, writes }: Relation): string[] {
  const common = [`comment on ${kind} ${name} is 'was here'`, `grant select on ${name} to public`];
  if (kind === "sequence") {
    return [
      ...common,
      `select nextval('${name}')`,
      `select setval('${name}', 1)`,
      `select last_value from ${name}`,
    ];
  }
  return [
    ...common,
    `select from ${name}`,
    `select ${column} from ${name} limit 1`,
    `select count(*) from ${name}`,
    // Postgres reports that a view is read-only before it checks rights.
    ...writes.map((write) =>
      ({
        insert: `insert into ${name} default values`,
        update: `update ${name} set ${column} = ${column}`,
        delete: `delete from ${name}`,
      })[write]
    ),
    ...kind === "table"
      ? [
        `truncate ${name} cascade`,
        `lock table ${name}`,
        `copy ${name} to stdout`,
        `create trigger intruder before insert on ${name}
           for each row execute function pg_catalog.suppress_redundant_updates_trigger()`,
      ]
      : [],
  ];
}

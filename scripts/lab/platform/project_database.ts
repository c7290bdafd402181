import { asPostgres, checkDatabase, type Sql } from "./database.ts";
import { type EmbeddedPostgres, randomPassword, startEmbeddedPostgres } from "./embedded_postgres.ts";

/** The platform's database, and who logs in to it how. */
export interface ProjectDatabase {
  embedded: EmbeddedPostgres | undefined;
  url: string;
  adminUrl: string;
  /** What the gateway logs in with. */
  gatewayUrl: string;
  passwords: Record<string, string>;
}

/**
 * Starts the embedded server, or takes the given one.
 *
 * @param prepared a folder that an embedded server's `copyTo` filled, to start with
 * @throws {Problem} when the given one can't become a local platform
 */
export async function startDatabase(
  givenUrl: string | undefined,
  folder: string,
  prepared: string | undefined,
  resources: AsyncDisposableStack,
  stopping: AbortSignal,
): Promise<ProjectDatabase> {
  if (givenUrl !== undefined) {
    const { postgresIsSuperuser } = await checkDatabase(givenUrl);
    if (postgresIsSuperuser) {
      console.error(
        "The role postgres of this server is a superuser, which it is not on the platform: a right that a migration " +
          "or an operator lacks there does not show here.",
      );
    }
    const url = asPostgres(givenUrl);
    return { embedded: undefined, url, adminUrl: givenUrl, gatewayUrl: givenUrl, passwords: {} };
  }
  const embedded = await startEmbeddedPostgres({ folder, prepared, signal: stopping });
  resources.defer(() => embedded.stop());
  const passwords = { postgres: randomPassword(), authenticator: randomPassword() };
  return {
    embedded,
    url: embedded.urlFor("postgres", passwords.postgres),
    adminUrl: embedded.adminUrl,
    gatewayUrl: embedded.urlFor("authenticator", passwords.authenticator),
    passwords,
  };
}

/** The embedded cluster is this platform's own; on a given database no password is changed. */
export async function setPasswords(
  sql: Sql,
  passwords: Record<string, string>,
): Promise<void> {
  for (const [role, password] of Object.entries(passwords)) {
    await sql.unsafe(`alter role ${role} password '${password}'`);
  }
  await sql.unsafe("alter database postgres owner to postgres");
}

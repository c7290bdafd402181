import { connect } from "./database.ts";
import { stopOnSignal } from "../../command_line/shutdown.ts";

/** A new database on a given server. */
export interface OwnDatabase extends AsyncDisposable {
  /** A superuser's. */
  readonly url: string;
}

/** The URL of another database of the same server. */
export function urlOfDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

/**
 * Makes an empty database beside the given one. It is dropped in the end, even while it is in use. The real pg_cron and
 * pg_net
 * work in one database of a server: in this one they have stand-ins, so that its maker ticks and sends.
 *
 * @param adminUrl a superuser's URL
 * @param options `icuLocale`: by whose rules text is sorted; by default as the server sorts it
 */
export async function makeOwnDatabase(
  adminUrl: string,
  name: string,
  options: { readonly icuLocale?: string } = {},
): Promise<OwnDatabase> {
  const server = connect(adminUrl, { max: 1, name: "own database" });
  const url = urlOfDatabase(adminUrl, name);
  let dropped: Promise<void> | undefined;
  const drop = () =>
    dropped ??= (async () => {
      try {
        await server.unsafe(`drop database if exists ${name} with (force)`);
      } finally {
        await server.end({ timeout: 1 });
        forget();
      }
    })();
  const forget = stopOnSignal(drop);
  try {
    await server.unsafe(`drop database if exists ${name} with (force)`);
    const locale = options.icuLocale === undefined
      ? ""
      : ` locale_provider icu icu_locale '${options.icuLocale}' template template0`;
    await server.unsafe(`create database ${name}${locale}`);
    const sql = connect(url, { max: 1, name: "own database" });
    try {
      // A schema without its extension counts as a stand-in.
      await sql.unsafe("create schema cron; create schema net;");
    } finally {
      await sql.end({ timeout: 1 });
    }
  } catch (error) {
    await drop();
    throw error;
  }
  return { url, [Symbol.asyncDispose]: drop };
}

import { fromFileUrl, join } from "@std/path";
import { connect } from "../../../../scripts/lab/platform/database.ts";
import {
  type Platform,
  type PlatformOptions,
  startPlatform,
} from "../../../../scripts/lab/platform/platform.ts";
import { HISTORICAL_DEFAULT_GRANTS } from "../../../../scripts/tools/platform_checks/prepare_database.ts";

const MIGRATIONS = fromFileUrl(new URL("../../../migrations/", import.meta.url));

/**
 * Starts a platform as open as a project made before October 2026: the platform grants everything in `public` to all
 * API roles. Only what the migrations close is closed.
 */
export async function startOpenProject(options: PlatformOptions = {}): Promise<Platform> {
  const databaseUrl = Deno.env.get("TEST_DATABASE_URL");
  const migrationsFolder = await Deno.makeTempDir({ prefix: "open-project-" });
  try {
    // The grants come first, and by the role that runs the migrations.
    await Deno.writeTextFile(
      join(migrationsFolder, "00000000000000_default_grants.sql"),
      HISTORICAL_DEFAULT_GRANTS,
    );
    for await (const { name } of Deno.readDir(MIGRATIONS)) {
      await Deno.copyFile(join(MIGRATIONS, name), join(migrationsFolder, name));
    }
    const platform = await startPlatform({
      functions: false,
      cron: "manual",
      ...options,
      migrationsFolder,
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
    });
    await assertOpenByDefault(platform);
    return platform;
  } finally {
    await Deno.remove(migrationsFolder, { recursive: true });
  }
}

/** Otherwise the test would prove nothing. */
async function assertOpenByDefault({ adminUrl }: Platform): Promise<void> {
  const sql = connect(adminUrl, { max: 1, name: "test" });
  try {
    const [open] = await sql<{ kinds: number }[]>`
      select count(distinct d.defaclobjtype)::integer as kinds
      from pg_catalog.pg_default_acl as d
      cross join lateral aclexplode(d.defaclacl) as privilege
      where d.defaclnamespace = 'public'::regnamespace and privilege.grantee = 'anon'::regrole
    `;
    if (open?.kinds !== 3) throw new Error("This database grants nothing by default, so it proves nothing");
  } finally {
    await sql.end({ timeout: 1 });
  }
}

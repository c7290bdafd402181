import { join } from "@std/path";
import { type Platform, type PlatformOptions, startPlatform } from "../platform/platform.ts";

export interface TestProject {
  /** SQL files by name, `0001_things.sql`. */
  migrations?: Record<string, string>;
  /** The source of `index.ts` by the function's name. */
  functions?: Record<string, string>;
}

/** Writes a small project of its own into a temporary folder. */
export async function writeProject({ migrations = {}, functions = {} }: TestProject): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "test-project-" });
  await Deno.mkdir(join(folder, "migrations"));
  await Deno.mkdir(join(folder, "functions"));
  for (const [name, sql] of Object.entries(migrations)) {
    await Deno.writeTextFile(join(folder, "migrations", name), sql);
  }
  for (const [name, source] of Object.entries(functions)) {
    await Deno.mkdir(join(folder, "functions", name));
    await Deno.writeTextFile(join(folder, "functions", name, "index.ts"), source);
  }
  return folder;
}

/** A platform for such a project; the project's folder goes when the platform is stopped. */
export async function startTestPlatform(
  project: TestProject = {},
  options: PlatformOptions = {},
): Promise<Platform> {
  const folder = await writeProject(project);
  let removed: Promise<void> | undefined;
  const remove = () => removed ??= Deno.remove(folder, { recursive: true });
  try {
    const platform = await startPlatform({
      cron: "manual",
      migrationsFolder: join(folder, "migrations"),
      functionsFolder: join(folder, "functions"),
      ...options,
    });
    const stop = () => platform.stop().finally(remove);
    return { ...platform, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await remove();
    throw error;
  }
}

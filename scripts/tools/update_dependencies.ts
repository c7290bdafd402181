/** Writes the newest versions of all dependencies into the import map and the lock file. */
import { fromFileUrl } from "@std/path";
import { z } from "zod";
import { readPinned } from "../lab/platform/pinned_package.ts";
import { newerMajor, newestFor } from "./dependencies/versions.ts";
import { Problem } from "../command_line/problem.ts";
import { readArguments } from "../command_line/read_arguments.ts";
import { runTask } from "../command_line/run_main.ts";
import { runProgram } from "../command_line/run_program.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const IMPORT_MAP = `${ROOT}import_map.json`;
const LOCK = `${ROOT}deno.lock`;

async function publishedVersions(name: string): Promise<string[]> {
  const printed: unknown = JSON.parse(await runProgram("npm", ["view", name, "versions", "--json"]));
  return z.array(z.string()).parse(Array.isArray(printed) ? printed : [printed]);
}

const USAGE = `Updates all dependencies to their newest versions, each within its major version.

  deno run -A scripts/tools/update_dependencies.ts [--dry-run]

  --dry-run   list newer versions, write nothing
  --help      show this
`;

const readOptions = (args: readonly string[]) => readArguments(args, { task: "update", flags: ["dry-run"] });

async function main(options: ReturnType<typeof readOptions>): Promise<number> {
  const map = z.object({ imports: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await Deno.readTextFile(IMPORT_MAP)));
  const published = new Map<string, string[]>();
  let changes = 0;
  for (const [specifier, target] of Object.entries(map.imports)) {
    const pinned = readPinned(target);
    if (pinned === undefined) throw new Problem(`${specifier} is not pinned to one version: ${target}`);
    const { name, version, path } = pinned;
    if (!published.has(name)) {
      const versions = await publishedVersions(name);
      published.set(name, versions);
      const [newest, beyond] = [newestFor(version, versions), newerMajor(version, versions)];
      console.log(`${name} ${version}${newest === version ? " stays" : ` becomes ${newest}`}`);
      if (beyond !== undefined) {
        console.log(`  ${beyond} is out too: read what it changes, and put it in by hand`);
      }
    }
    const newest = newestFor(version, published.get(name) ?? []);
    if (newest === version) continue;
    changes++;
    map.imports[specifier] = `npm:${name}@${newest}${path}`;
  }
  if (changes > 0 && !options["dry-run"]) {
    await Deno.writeTextFile(IMPORT_MAP, JSON.stringify(map, null, 2) + "\n");
    // Written from scratch, so that no unused entry stays.
    await Deno.remove(LOCK);
    await runProgram(Deno.execPath(), ["cache", "--frozen=false", `${ROOT}scripts`, `${ROOT}supabase`]);
  }
  return 0;
}

if (import.meta.main) await runTask(USAGE, readOptions, main);

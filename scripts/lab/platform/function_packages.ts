import { join } from "@std/path";
import { type Pinned, readPinned } from "./pinned_package.ts";
import { walk } from "../../command_line/walk.ts";
import { forOlderDeno } from "../../command_line/child_environment.ts";
import { writeOlderLock } from "./older_lock.ts";
import { Problem } from "../../command_line/problem.ts";
import { eachLine } from "./waiting.ts";

/** Where the functions are, and what says which packages they are made of. */
export interface FunctionSources {
  readonly functionsFolder: string;
  /** Undefined: the functions import nothing but each other. */
  readonly importMap: string | undefined;
  /** Undefined: the functions import nothing but each other. */
  readonly lockFile: string | undefined;
}

export interface FetchOptions extends FunctionSources {
  /** The deno that runs the functions, and so fetches for them. */
  readonly denoExecutable: string;
  /** For the lock file of an older Deno. */
  readonly folder: string;
  /** Gets a line when there is something to fetch. */
  readonly say: (line: string) => void;
}

/** How an isolate is started, so that it needs no network. */
export interface IsolateFlags {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** From this version on Deno reads the lock file's version 5, and NODE_EXTRA_CA_CERTS. */
const CURRENT_DENO = [2, 4] as const;
/** How many lines of Deno's error are shown. */
const LINES_TOLD = 8;

/**
 * Fetches what the functions import, in the versions of the lock file, unless Deno's cache has it. Isolates started
 * with the returned flags then find all of it there.
 *
 * @throws {Problem} when the packages are not in the cache and cannot be fetched
 */
export async function fetchFunctionPackages(options: FetchOptions): Promise<IsolateFlags> {
  const { denoExecutable, importMap, lockFile, functionsFolder } = options;
  const isolated = ["--no-config", "--node-modules-dir=none"];
  if (importMap === undefined || lockFile === undefined) {
    return { args: [...isolated, "--no-lock", "--cached-only"], environment: {} };
  }
  const packages = await importedPackages(functionsFolder, importMap);
  const older = await isOlder(denoExecutable);
  const lock = older ? await writeOlderLock(lockFile, packages, options.folder) : lockFile;
  const environment = older ? forOlderDeno() : {};
  const resolved = [...isolated, `--import-map=${importMap}`, `--lock=${lock}`, "--frozen"];
  const names = packages.map(({ name, version }) => `${name} ${version}`).join(", ");

  const child = new Deno.Command(denoExecutable, {
    args: ["cache", ...resolved, ...await entryModules(functionsFolder)],
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", DENO_NO_PACKAGE_JSON: "1", ...environment },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const lines: string[] = [];
  let told = false;
  await eachLine(child.stderr, (line) => {
    lines.push(line);
    // Deno says so of each package that its cache lacks; of a package's description it may say so again.
    if (told || !/^Download .*\.tgz$/.test(line)) return;
    told = true;
    options.say(`Fetching what the functions import: ${names}, once, as the lock file has them …`);
  });
  if (!(await child.status).success) throw cannotBeLoaded(lines, names);
  return { args: [...resolved, "--cached-only"], environment };
}

/** The error for modules that Deno could not load, because of the network or of the code itself. */
function cannotBeLoaded(lines: readonly string[], names: string): Problem {
  const said = lines.filter((line) =>
    line.trim() !== "" && !/^(Download |Stack backtrace|\s+0: <unknown>)/.test(line)
  );
  const isOfCode = said.some((line) => /Module not found "file:|SyntaxError|could not be parsed/.test(line));
  const what = isOfCode
    ? "The functions' modules can't be loaded. Deno says:\n"
    : `What the functions import (${names}) could not be fetched. The first start needs the npm registry; behind a ` +
      "proxy set HTTPS_PROXY, behind a company's certificate DENO_CERT or NODE_EXTRA_CA_CERTS. Deno says:\n";
  return new Problem(what + said.slice(-LINES_TOLD).map((line) => `  ${line}`).join("\n"));
}

/** The functions' first modules. */
async function entryModules(functionsFolder: string): Promise<string[]> {
  const entries: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(functionsFolder)) {
    if (isDirectory && !/^[_.]/.test(name)) entries.push(join(functionsFolder, name, "index.ts"));
  }
  return entries;
}

/** The packages that a module of the functions imports by a name of the import map. */
async function importedPackages(functionsFolder: string, importMap: string): Promise<Pinned[]> {
  const { imports } = JSON.parse(await Deno.readTextFile(importMap)) as { imports: Record<string, string> };
  const specifiers = new Set<string>();
  for await (const path of walk(functionsFolder)) {
    if (!path.endsWith(".ts") || path.endsWith("_test.ts")) continue;
    const source = await Deno.readTextFile(path);
    for (const [, specifier = ""] of source.matchAll(/\bfrom\s+"([^"]+)"/g)) specifiers.add(specifier);
  }
  return [...specifiers].toSorted().flatMap((specifier) => readPinned(imports[specifier] ?? "") ?? []);
}

async function isOlder(denoExecutable: string): Promise<boolean> {
  const version = denoExecutable === Deno.execPath() ? Deno.version.deno : await versionOf(denoExecutable);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < CURRENT_DENO[0] || (major === CURRENT_DENO[0] && minor < CURRENT_DENO[1]);
}

async function versionOf(denoExecutable: string): Promise<string> {
  const { stdout } = await new Deno.Command(denoExecutable, { args: ["--version"], stdin: "null" }).output();
  return new TextDecoder().decode(stdout).match(/^deno (\S+)/)?.[1] ?? "";
}

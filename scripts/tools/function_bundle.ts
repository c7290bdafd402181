/** Lists what each function is deployed with, and refuses what the platform would: see USAGE. */
import { fromFileUrl, join, toFileUrl } from "@std/path";
import { readFunctionConfigs } from "./function_bundle/config.ts";
import { findHiddenImports, findOffenders, type ModuleGraph, readGraph } from "./function_bundle/graph.ts";
import { weigh } from "./function_bundle/weigh.ts";
import { readArguments } from "../command_line/read_arguments.ts";
import { Problem } from "../command_line/problem.ts";
import { runTask } from "../command_line/run_main.ts";
import { runProgram } from "../command_line/run_program.ts";

const USAGE = `Lists the modules, the packages and the size of each function's bundle, and checks them.

  deno task bundle [--list]

  --list   the names of all modules too

It refuses an import from outside supabase/functions and the import map, one that is not from npm or Node, one that is
only known at run time, a function that config.toml does not describe, and a bundle of more than 5 MB.
`;

const FUNCTIONS = fromFileUrl(new URL("../../supabase/functions/", import.meta.url));
const SUPABASE = fromFileUrl(new URL("../../supabase/", import.meta.url));
const IMPORT_MAP = fromFileUrl(new URL("../../import_map.json", import.meta.url));
const LARGEST_BUNDLE_BYTES = 5_000_000;

/** As the platform's bundler reads a function: with the import map that config.toml names, and no other settings. */
const ALONE = ["--no-config", "--no-lock", `--import-map=${IMPORT_MAP}`];

async function functionNames(): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(FUNCTIONS));
  return entries.filter(({ isDirectory, name }) => isDirectory && /^[a-z]/i.test(name)).map(({ name }) =>
    name
  ).sort();
}

async function checkConfig(names: readonly string[]): Promise<void> {
  const configs = readFunctionConfigs(await Deno.readTextFile(join(SUPABASE, "config.toml")));
  for (const name of names) {
    const config = configs.get(name);
    if (config?.verifyJwt !== false || config.importMap === undefined) {
      throw new Problem(
        `supabase/config.toml needs [functions.${name}] with verify_jwt = false and an import_map.`,
      );
    }
    if (join(SUPABASE, config.importMap) !== IMPORT_MAP) {
      throw new Problem(
        `The import map of ${name} in supabase/config.toml is not the repository's import_map.json.`,
      );
    }
  }
}

async function checkSources(graph: ModuleGraph): Promise<string[]> {
  const offenders = findOffenders(graph, toFileUrl(FUNCTIONS).href);
  for (const { specifier } of graph.modules) {
    if (!specifier.startsWith("file:")) continue;
    const hidden = findHiddenImports(await Deno.readTextFile(fromFileUrl(specifier)));
    offenders.push(...hidden.map((call) => `${specifier} imports what no bundler can follow: ${call}`));
  }
  return offenders;
}

async function bundledBytes(entry: string): Promise<number> {
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await runProgram(Deno.execPath(), ["bundle", "--quiet", ...ALONE, "--output", file, entry]);
    return (await Deno.stat(file)).size;
  } finally {
    await Deno.remove(file);
  }
}

async function listBundle(name: string, withModules: boolean): Promise<void> {
  const entry = join(FUNCTIONS, name, "index.ts");
  const graph = readGraph(await runProgram(Deno.execPath(), ["info", "--json", ...ALONE, entry]));
  const offenders = await checkSources(graph);
  if (offenders.length > 0) {
    throw new Problem(`The function ${name} can't be deployed:\n  ${offenders.join("\n  ")}`);
  }

  const own = graph.modules.filter(({ specifier }) => specifier.startsWith("file:"));
  const packages = Object.values(graph.npmPackages).toSorted((one, other) => one.name < other.name ? -1 : 1);
  const whole = await weigh(packages.map(({ localPath }) => localPath));
  const bundle = await bundledBytes(entry);
  console.log(
    `${name}: ${kilobytes(bundle)} bundled from ${own.length} modules (${kilobytes(sum(own))}) and ` +
      `${packages.length} packages (whole ${kilobytes(whole.bytes)}, ${kilobytes(whole.gzipped)} compressed)`,
  );
  if (withModules) own.forEach(({ specifier, size }) => console.log(`  ${size} ${fromFileUrl(specifier)}`));
  for (const { name, version } of packages) console.log(`  npm:${name}@${version}`);
  // A bundler may leave out of a package what is not imported, or take packages as they are: either must fit.
  const heaviest = Math.max(bundle, sum(own) + whole.gzipped);
  if (heaviest > LARGEST_BUNDLE_BYTES) {
    throw new Problem(
      `The function ${name} has ${kilobytes(heaviest)}: ${kilobytes(LARGEST_BUNDLE_BYTES)} are allowed.`,
    );
  }
}

function sum(modules: readonly { size?: number | undefined }[]): number {
  return modules.reduce((total, { size = 0 }) => total + size, 0);
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000).toLocaleString("en")} kB`;
}

const readOptions = (args: readonly string[]) => readArguments(args, { task: "bundle", flags: ["list"] });

async function main(options: ReturnType<typeof readOptions>): Promise<number> {
  const names = await functionNames();
  await checkConfig(names);
  for (const name of names) await listBundle(name, options.list);
  return 0;
}

if (import.meta.main) await runTask(USAGE, readOptions, main);

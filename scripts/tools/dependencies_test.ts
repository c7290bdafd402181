import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { readPinned } from "../lab/platform/pinned_package.ts";
import { walk } from "../command_line/walk.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const read = (path: string) => Deno.readTextFile(`${ROOT}${path}`);

async function imports(): Promise<Record<string, string>> {
  return (JSON.parse(await read("import_map.json")) as { imports: Record<string, string> }).imports;
}

async function packages(): Promise<string[]> {
  const targets = Object.values(await imports());
  return [...new Set(targets.map((target) => readPinned(target)?.name ?? target))].toSorted();
}

Deno.test("every dependency is a package of npm, pinned to one version", async () => {
  const loose = Object.values(await imports()).filter((target) => readPinned(target) === undefined);
  assertEquals(loose, []);
});

Deno.test("docs/dependencies.md says of every dependency why it is there, and of nothing else", async () => {
  const rows = (await read("docs/dependencies.md")).matchAll(/^\| `([^`]+)` +\| (.*?) *\|$/gm);
  const told = new Map([...rows].map(([, name = "", why = ""]) => [name, why]));
  assertEquals([...told.keys()].toSorted(), await packages());
  for (const [name, why] of told) assert(why.length > 20, `Why is ${name} there?`);
});

Deno.test("every entry of the import map is imported somewhere", async () => {
  const sources: string[] = [];
  for (const folder of ["scripts", "supabase"]) {
    for await (const path of walk(`${ROOT}${folder}`)) {
      if (path.endsWith(".ts")) sources.push(await Deno.readTextFile(path));
    }
  }
  const all = sources.join("\n");
  assertEquals(Object.keys(await imports()).filter((name) => !all.includes(`"${name}"`)), []);
});

Deno.test("the lock file has a checksum for every package, and nothing from anywhere but npm", async () => {
  const lock = JSON.parse(await read("deno.lock")) as Record<string, Record<string, { integrity?: string }>>;
  const { npm = {}, jsr = {}, remote = {}, redirects = {} } = lock;
  assertEquals([Object.keys(jsr), Object.keys(remote), Object.keys(redirects)], [[], [], []]);
  const unchecked = Object.entries(npm).filter(([, { integrity }]) => !integrity?.startsWith("sha512-"));
  assertEquals(unchecked.map(([name]) => name), []);
  for (const name of await packages()) {
    assert(Object.keys(npm).some((locked) => locked.startsWith(`${name}@`)), `${name} is not locked`);
  }
});

Deno.test("no script of a package runs when it is installed", async () => {
  const config = JSON.parse(await read("deno.json")) as Record<string, unknown>;
  assertEquals([config["allowScripts"], config["nodeModulesDir"]], [undefined, "none"]);
});

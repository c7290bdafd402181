import { fromFileUrl } from "@std/path";

/** Which parts of a folder import which: a part is a subfolder, or a file that stands in the folder itself. */
export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>;

const IMPORT = /^(?:import|export)\b[^"=;]*"(\.[^"]+)";$/gm;

/** The part of `folder` that a file belongs to; null for a file that is elsewhere. */
function partOf(file: string, folder: string): string | null {
  return file.startsWith(folder) ? file.slice(folder.length).split("/")[0] ?? null : null;
}

async function* sourcesIn(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sourcesIn(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) yield new URL(name, folder);
  }
}

/** Reads the imports of a folder's files, types as well; tests are left out. */
export async function readImportGraph(folder: URL): Promise<ImportGraph> {
  const graph = new Map<string, Set<string>>();
  for await (const source of sourcesIn(folder)) {
    const part = partOf(source.href, folder.href);
    if (part === null) throw new Error(`${fromFileUrl(source)} is not in ${fromFileUrl(folder)}`);
    const imported = graph.get(part) ?? new Set();
    graph.set(part, imported);
    for (const [, specifier = ""] of (await Deno.readTextFile(source)).matchAll(IMPORT)) {
      const target = partOf(new URL(specifier, source).href, folder.href);
      if (target !== null && target !== part) imported.add(target);
    }
  }
  return graph;
}

/** Every import of a part by one that does not come after it: "values imports worker". */
export function importsAgainst(order: readonly string[], graph: ImportGraph): string[] {
  const place = (part: string) => order.indexOf(part);
  return [...graph].flatMap(([part, imported]) =>
    [...imported].filter((target) => place(target) >= place(part)).map((target) =>
      `${part} imports ${target}`
    )
  );
}

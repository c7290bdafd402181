import { z } from "zod";

/** What `deno info --json` says of a module and all that it imports, as far as it is looked at here. */
const graphShape = z.object({
  modules: z.array(z.object({
    specifier: z.string(),
    kind: z.string().optional(),
    size: z.number().optional(),
    error: z.string().optional(),
  })),
  npmPackages: z.record(
    z.string(),
    z.object({ name: z.string(), version: z.string(), localPath: z.string() }),
  ),
});

/** All modules that a function consists of. */
export type ModuleGraph = z.infer<typeof graphShape>;

/** Reads what `deno info --json` printed. */
export function readGraph(json: string): ModuleGraph {
  return graphShape.parse(JSON.parse(json));
}

/**
 * What the platform's bundler could not take: it has the functions' folder and the import map and nothing else, and
 * finds packages of npm and Node's own modules only.
 *
 * @param functionsFolder `file:///…/supabase/functions/`
 */
export function findOffenders(graph: ModuleGraph, functionsFolder: string): string[] {
  return graph.modules.flatMap(({ specifier, error }) => {
    if (error !== undefined) return [`${specifier} can't be resolved: ${error}`];
    if (specifier.startsWith("file:")) {
      return specifier.startsWith(functionsFolder) ? [] : [`${specifier} is outside of supabase/functions`];
    }
    return /^(npm|node):/.test(specifier) ? [] : [`${specifier} is not from npm or Node`];
  });
}

/** Imports that only show when they run, so that no bundler can follow them. */
export function findHiddenImports(source: string): string[] {
  const calls = source.matchAll(/\b(?:import|require)\s*\(\s*([^)]*)/g);
  return [...calls].filter(([, argument = ""]) => !/^(["'])[^"']*\1\s*,?\s*$/.test(argument)).map(([call]) =>
    call
  );
}

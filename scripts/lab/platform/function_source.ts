import { join } from "@std/path";
import { fetchFunctionPackages, type FetchOptions, type IsolateFlags } from "./function_packages.ts";

/** What an isolate of a function is started from. */
export interface ServedFunction {
  /** The path of its first module. */
  readonly module: string;
  /** How Deno finds what that imports. */
  readonly flags: IsolateFlags;
  /** Whether the platform lets in callers with a JWT only, which no caller has here. Default: it lets in everybody. */
  readonly needsJwt?: boolean;
}

/** What is served under a name now; asked with each request. */
export type FindFunction = (name: string) => Promise<ServedFunction | undefined>;

/**
 * Serves the functions of a folder, with what they import fetched: each folder in it that has an `index.ts`, apart from
 * those that begin with `_` or `.`.
 */
export async function functionsOfFolder(options: FetchOptions): Promise<FindFunction> {
  const flags = await fetchFunctionPackages(options);
  return async (name) => {
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) return undefined;
    const module = join(options.functionsFolder, name, "index.ts");
    const info = await Deno.stat(module).catch(() => undefined);
    return info?.isFile ? { module, flags } : undefined;
  };
}

import { dirname, fromFileUrl, join } from "@std/path";
import { Problem } from "../../command_line/problem.ts";
import { fetchFunctionPackages } from "../platform/function_packages.ts";
import type { FindFunction, ServedFunction } from "../platform/function_source.ts";
import { ApiRefusal } from "./answers.ts";
import type { Bundle, ProjectState } from "./project_state.ts";
import { unpack, type UploadedFile } from "./upload.ts";

/** The bundles of a project, each unpacked in a folder of its own, from which the edge runtime runs it. */
export interface Deployments {
  readonly build: (bundle: Bundle, files: readonly UploadedFile[]) => Promise<void>;
  /** What is served under a name now. */
  readonly find: FindFunction;
}

/** Keeps bundles in `folder`. What they import comes in the versions of the laboratory's own lock file. */
export function keepDeployments(state: ProjectState, folder: () => string): Deployments {
  const built = new Map<string, ServedFunction>();
  return {
    async build(bundle, files) {
      if (built.has(bundle.sha256)) return;
      const source = join(folder(), `bundle-${bundle.sha256}`);
      await unpack(files, source);
      const module = join(source, bundle.entrypoint);
      try {
        const flags = await fetchFunctionPackages({
          functionsFolder: dirname(dirname(module)),
          importMap: bundle.importMap === undefined ? undefined : join(source, bundle.importMap),
          lockFile: bundle.importMap === undefined
            ? undefined
            : fromFileUrl(new URL("../../../deno.lock", import.meta.url)),
          denoExecutable: Deno.execPath(),
          folder: source,
          say: () => {},
        });
        built.set(bundle.sha256, { module, flags, needsJwt: bundle.verifyJwt });
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        throw new ApiRefusal(400, `Failed to bundle the function (reason: ${error.message})`);
      }
    },
    find: (name) => Promise.resolve(built.get(state.functions.get(name)?.bundle.sha256 ?? "")),
  };
}

import { join } from "@std/path";
import { ApiRefusal, type ApiRequest, sha256 } from "./answers.ts";
import type { Bundle } from "./project_state.ts";

/** A deployment as it was uploaded. */
export interface Upload {
  readonly name: string | undefined;
  readonly bundle: Bundle;
  readonly files: readonly UploadedFile[];
}

/** A file, under the path that it has beside the folder `supabase`. */
export interface UploadedFile {
  readonly path: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

/**
 * Reads the form that `functions deploy --use-api` sends: a part for each file, and one that says how to start them.
 */
export async function readUpload(request: ApiRequest): Promise<Upload> {
  const form = await new Response(request.body, { headers: { "content-type": request.contentType } })
    .formData().catch(() => {
      throw new ApiRefusal(400, "The upload is no valid form");
    });
  const metadata = form.get("metadata");
  if (typeof metadata !== "string") throw new ApiRefusal(400, "The upload has no metadata");
  const { entrypoint_path: entrypoint, import_map_path: importMap, verify_jwt: verifyJwt, name } = JSON
    .parse(metadata) as Metadata;
  const files = await Promise.all(
    form.getAll("file").map(async (file): Promise<UploadedFile> => {
      if (typeof file === "string") throw new ApiRefusal(400, "A part of the upload is no file");
      return { path: file.name, content: new Uint8Array(await file.arrayBuffer()) };
    }),
  );
  if (entrypoint === undefined || !files.some(({ path }) => path === entrypoint)) {
    throw new ApiRefusal(400, `Entrypoint path does not exist - ${entrypoint}`);
  }
  for (const { path } of files) {
    if (path.startsWith("/") || path.split("/").includes("..")) {
      throw new ApiRefusal(400, `The upload has a file outside of its folder: ${path}`);
    }
  }
  const started = { entrypoint, importMap: importMap || undefined, verifyJwt: verifyJwt ?? true };
  return { name, files, bundle: { ...started, sha256: await digest(files, started) } };
}

/** Writes the files into a folder of their own. */
export async function unpack(files: readonly UploadedFile[], folder: string): Promise<void> {
  for (const { path, content } of files) {
    const target = join(folder, path);
    await Deno.mkdir(join(target, ".."), { recursive: true });
    await Deno.writeFile(target, content);
  }
}

interface Metadata {
  readonly name?: string;
  readonly entrypoint_path?: string;
  readonly import_map_path?: string;
  readonly verify_jwt?: boolean;
}

/** The same files give the same digest, in whatever order they were sent. */
async function digest(files: readonly UploadedFile[], started: Omit<Bundle, "sha256">): Promise<string> {
  const lines = await Promise.all(files.map(async ({ path, content }) => `${path} ${await sha256(content)}`));
  return await sha256([JSON.stringify(started), ...lines.toSorted()].join("\n"));
}

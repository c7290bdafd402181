import { ApiRefusal, type ApiRequest, readJson } from "./answers.ts";
import type { Bundle, DeployedFunction, ProjectState } from "./project_state.ts";
import { readUpload, type UploadedFile } from "./upload.ts";

/** What a deployment does outside of the API's own state. */
export interface DeploymentEffects {
  /** Unpacks a bundle and sees that it can be started; throws what the bundler says otherwise. */
  readonly build: (bundle: Bundle, files: readonly UploadedFile[]) => Promise<void>;
  /** Called when other files are served under a name, or none any more. */
  readonly changed: (slug: string) => void;
}

const SLUG = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** `functions list`. */
export function listFunctions({ functions }: ProjectState): Response {
  return Response.json(Array.from(functions.values(), describe));
}

/**
 * `functions deploy --use-api`: builds what is uploaded. With `bundleOnly` it is served when `putFunctions` names it,
 * otherwise at once.
 */
export async function deployFunction(
  state: ProjectState,
  request: ApiRequest,
  now: number,
  effects: DeploymentEffects,
): Promise<Response> {
  const slug = request.query.get("slug") ?? "";
  if (!SLUG.test(slug)) throw new ApiRefusal(400, "Invalid function slug");
  const { name = slug, bundle, files } = await readUpload(request);
  await effects.build(bundle, files);
  state.uploaded.set(bundle.sha256, bundle);
  if (request.query.get("bundleOnly") === "true") {
    return Response.json(describe(next(state, slug, name, bundle, now)), { status: 201 });
  }
  return Response.json(describe(serve(state, slug, name, bundle, now, effects)), { status: 201 });
}

/** The end of a deployment of several functions: serves what was uploaded, all at once. */
export function putFunctions(
  state: ProjectState,
  request: ApiRequest,
  now: number,
  effects: DeploymentEffects,
): Response {
  const given = readJson(request, isFunctions).map(({ slug, name, ezbr_sha256: digest }) => {
    const bundle = state.uploaded.get(digest);
    if (bundle === undefined) throw new ApiRefusal(400, `The function ${slug} was not uploaded`);
    return { slug, name, bundle };
  });
  const served = given.map(({ slug, name, bundle }) => serve(state, slug, name, bundle, now, effects));
  return Response.json({ functions: served.map(describe) });
}

/** `functions delete`. */
export function deleteFunction(state: ProjectState, slug: string, effects: DeploymentEffects): Response {
  if (!state.functions.delete(slug)) throw new ApiRefusal(404, "Function not found");
  effects.changed(slug);
  return new Response(null, { status: 200 });
}

function next(
  { functions }: ProjectState,
  slug: string,
  name: string,
  bundle: Bundle,
  now: number,
): DeployedFunction {
  const before = functions.get(slug);
  const { id = crypto.randomUUID(), version = 0, createdAt = now } = before ?? {};
  return { id, slug, name, version: version + 1, createdAt, updatedAt: now, bundle };
}

function serve(
  state: ProjectState,
  slug: string,
  name: string,
  bundle: Bundle,
  now: number,
  effects: DeploymentEffects,
): DeployedFunction {
  const deployed = next(state, slug, name, bundle, now);
  state.functions.set(slug, deployed);
  effects.changed(slug);
  return deployed;
}

function describe({ id, slug, name, version, createdAt, updatedAt, bundle }: DeployedFunction) {
  const source = (path: string) => `file:///tmp/user_fn_${id}/source/${path}`;
  return {
    ...{ id, slug, name, version, status: "ACTIVE", created_at: createdAt, updated_at: updatedAt },
    verify_jwt: bundle.verifyJwt,
    import_map: bundle.importMap !== undefined,
    entrypoint_path: source(bundle.entrypoint),
    ...(bundle.importMap === undefined ? {} : { import_map_path: source(bundle.importMap) }),
    ezbr_sha256: bundle.sha256,
  };
}

function isFunctions(value: unknown): value is { slug: string; name: string; ezbr_sha256: string }[] {
  return Array.isArray(value) &&
    value.every((given) =>
      typeof given === "object" && given !== null && typeof given.name === "string" &&
      typeof given.ezbr_sha256 === "string" && SLUG.test(String(given.slug))
    );
}

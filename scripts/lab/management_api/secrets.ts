import { ApiRefusal, type ApiRequest, readJson, sha256 } from "./answers.ts";
import type { ProjectState } from "./project_state.ts";

/** `secrets list`: digests, never values; those of the platform itself too. */
export async function listSecrets({ secrets, platformSecrets }: ProjectState): Promise<Response> {
  const own = Array.from(secrets, ([name, secret]) => ({ name, ...secret }));
  const platform = Object.entries(platformSecrets).map(([name, value]) => ({ name, value, updatedAt: "" }));
  const all = [...own, ...platform].toSorted((a, b) => a.name < b.name ? -1 : 1);
  return Response.json(
    await Promise.all(all.map(async ({ name, value, updatedAt }) => ({
      name,
      value: await sha256(value),
      ...(updatedAt === "" ? {} : { updated_at: updatedAt }),
    }))),
  );
}

/** `secrets set`: from here on new isolates have them, and warm ones have what they were started with. */
export function setSecrets({ secrets }: ProjectState, request: ApiRequest, now: Date): Response {
  const given = readJson(request, isSecrets);
  if (given.some(({ name }) => name.startsWith("SUPABASE_"))) {
    throw new ApiRefusal(400, "Secret names must not start with SUPABASE_");
  }
  for (const { name, value } of given) secrets.set(name, { value, updatedAt: now.toISOString() });
  return new Response(null, { status: 201 });
}

/** `secrets unset`; names that are not there are passed over. */
export function unsetSecrets({ secrets }: ProjectState, request: ApiRequest): Response {
  for (const name of readJson(request, isNames)) secrets.delete(name);
  return Response.json({});
}

function isSecrets(value: unknown): value is { name: string; value: string }[] {
  return Array.isArray(value) &&
    value.every((secret) =>
      typeof secret === "object" && secret !== null && typeof secret.name === "string" &&
      typeof secret.value === "string"
    );
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}

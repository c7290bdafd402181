import { ApiRefusal, type ApiRequest, refusal } from "./answers.ts";
import {
  deleteFunction,
  deployFunction,
  type DeploymentEffects,
  listFunctions,
  putFunctions,
} from "./functions.ts";
import type { ProjectState } from "./project_state.ts";
import { apiKeys, findProject, listProjects, mustBeActive, oneProject } from "./projects.ts";
import { changeRestSettings, restSettings } from "./rest_settings.ts";
import { runQuery, type RunSql } from "./queries.ts";
import { listSecrets, setSecrets, unsetSecrets } from "./secrets.ts";

/** What the API needs besides its own state. */
export interface ApiEffects extends DeploymentEffects {
  readonly now: () => Date;
  readonly runSql: RunSql;
  /** By their type: `publishable` and `secret`. */
  readonly keys: () => Readonly<Record<string, string>>;
}

/** Answers a request as the platform's Management API does, as far as the CLI's commands for a project need it. */
export async function answer(
  state: ProjectState,
  request: ApiRequest,
  effects: ApiEffects,
): Promise<Response> {
  try {
    if (request.token === undefined || !state.tokens.has(request.token)) {
      throw new ApiRefusal(401, "Unauthorized");
    }
    return await route(state, request, effects);
  } catch (error) {
    if (error instanceof ApiRefusal) return refusal(error);
    throw error;
  }
}

async function route(state: ProjectState, request: ApiRequest, effects: ApiEffects): Promise<Response> {
  const [pathname = ""] = request.path.split("?");
  if (pathname === "/v1/projects" && request.method === "GET") return listProjects(state);
  const [, ref, rest = ""] = pathname.match(/^\/v1\/projects\/([^/]+)(?:\/(.*))?$/) ?? [];
  if (ref === undefined) throw notFound(request);

  const project = findProject(state, ref);
  if (rest === "" && request.method === "GET") return oneProject(project);
  if (ref !== state.ref) throw new ApiRefusal(400, `Nothing of the project ${ref} is here but its name`);
  mustBeActive(project);

  const now = effects.now();
  const slug = rest.match(/^functions\/([^/]+)$/)?.[1];
  switch (`${request.method} ${rest}`) {
    case "GET api-keys":
      return apiKeys(effects.keys());
    case "POST database/query":
      return await runQuery(request, effects.runSql);
    case "GET postgrest":
      return restSettings(state);
    case "PATCH postgrest":
      return changeRestSettings(state, request);
    case "GET secrets":
      return await listSecrets(state);
    case "POST secrets":
      return setSecrets(state, request, now);
    case "DELETE secrets":
      return unsetSecrets(state, request);
    case "GET functions":
      return listFunctions(state);
    case "PUT functions":
      return putFunctions(state, request, now.getTime(), effects);
    case "POST functions/deploy":
      return await deployFunction(state, request, now.getTime(), effects);
  }
  if (request.method === "DELETE" && slug !== undefined) return deleteFunction(state, slug, effects);
  throw notFound(request);
}

function notFound({ method, path }: ApiRequest): ApiRefusal {
  return new ApiRefusal(404, `Cannot ${method} ${path}`);
}

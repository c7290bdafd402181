import { type ApiRequest, readJson } from "./answers.ts";
import type { ProjectState } from "./project_state.ts";

/** Which schemas the project's REST API serves, and how. The platform also says what user tokens are signed with. */
export function restSettings({ rest }: ProjectState): Response {
  return Response.json({ ...rest, db_pool: null, jwt_secret: "the-laboratory-does-not-say" });
}

/** Changes what is given, at once. */
export function changeRestSettings({ rest }: ProjectState, request: ApiRequest): Response {
  Object.assign(rest, readJson(request, isChange));
  return Response.json({ ...rest, db_pool: null });
}

function isChange(value: unknown): value is { db_schema: string } {
  return typeof value === "object" && value !== null && "db_schema" in value &&
    typeof value.db_schema === "string" && Object.keys(value).length === 1;
}

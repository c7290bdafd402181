import { ApiRefusal } from "./answers.ts";
import type { ListedProject, ProjectState } from "./project_state.ts";

/** `projects list`. */
export function listProjects(state: ProjectState): Response {
  return Response.json(Array.from(state.projects.values(), describe));
}

/** What every command asks for the name of the project, and `link` for its status. */
export function oneProject(project: ListedProject): Response {
  return Response.json(describe(project));
}

/** What `link` asks, to see whether the token may read the project. */
export function apiKeys(keys: Readonly<Record<string, string>>): Response {
  return Response.json(
    Object.entries(keys).map(([type, key]) => ({
      ...{ id: type, name: "default", type, api_key: key },
      ...{ prefix: key.slice(0, 15), hash: "", description: null, secret_jwt_template: null },
      ...{ inserted_at: CREATED_AT, updated_at: CREATED_AT },
    })),
  );
}

/** The project of a path; a paused one has neither functions nor secrets that could be changed. */
export function findProject(state: ProjectState, ref: string): ListedProject {
  const project = state.projects.get(ref);
  if (project === undefined) throw new ApiRefusal(404, "Project not found");
  return project;
}

/** Refuses what only a project can do that is awake. */
export function mustBeActive({ status }: ListedProject): void {
  if (status !== "ACTIVE_HEALTHY") {
    throw new ApiRefusal(400, `Project is not active: its status is ${status}`);
  }
}

const CREATED_AT = "2026-01-05T09:00:00.000000Z";

function describe({ ref, name, region, status, databaseVersion }: ListedProject) {
  return {
    ...{ id: ref, ref, organization_id: "lab", organization_slug: "lab" },
    ...{ name, region, created_at: CREATED_AT, status },
    database: {
      host: `db.${ref}.supabase.co`,
      version: databaseVersion,
      postgres_engine: databaseVersion.split(".")[0],
      release_channel: "ga",
    },
  };
}

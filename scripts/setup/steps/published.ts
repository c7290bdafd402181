import { Problem } from "../../command_line/problem.ts";
import { type Call, open, type Statement, statement } from "../actions.ts";
import type { CallAnswer, Hands } from "../hands.ts";
import {
  changed,
  NOTHING_TO_DO,
  type Outcome,
  type Project,
  type Readers,
  type Step,
  unchanged,
} from "../step.ts";

/** What anon reads, authenticated reads too. */
const STATE = statement(
  "select (select min(role_name) from engine.api_grants) as readers, state from engine.check_published()",
);
/** Nobody who says nothing publishes anything: then it covers what a newer version brought. */
const publish = (readers: Readers, isAskedFor: boolean): Statement => ({
  ...statement("select count(*)::integer as objects from publish_api($1)", open(readers)),
  ...(isAskedFor ? {} : { where: "something is published already" }),
});

/** What the API serves besides `public`. */
const SCHEMA = "racing";

function settingsOf({ management, ref }: Project, method: "GET" | "PATCH"): Call {
  const url = `${management?.url}/v1/projects/${ref}/postgrest`;
  return method === "GET"
    ? { kind: "call", method, url }
    : { kind: "call", method, url, changes: `adds ${SCHEMA} to the schemas that the API serves` };
}

/** Who reads the racing data over the API: those who were said, else those who did, also what a newer version brought. */
export const published: Step = {
  name: "published",
  actions: (project) => [
    STATE,
    publish(project.readers ?? "authenticated", project.readers !== undefined),
    ...(project.readers === undefined ? [] : [settingsOf(project, "GET"), settingsOf(project, "PATCH")]),
  ],
  async run(project, hands) {
    const [now] = await hands.query<{ readers: Readers | null; state: string }>(STATE);
    const readers = project.readers ?? now?.readers ?? undefined;
    if (readers === undefined) return NOTHING_TO_DO;
    const isOpen = now?.readers === readers && now.state === "ok";
    if (!isOpen) await hands.query(publish(readers, project.readers !== undefined));
    const opened: Outcome = isOpen ? unchanged(`open to ${readers}`) : changed(`opened to ${readers}`);
    if (project.readers === undefined) return opened;
    const exposed = await expose(project, hands);
    return { changed: opened.changed || exposed.changed, says: `${opened.says}; ${exposed.says}` };
  },
};

/** Has the API serve the schema, in addition to those that it serves already. */
async function expose(project: Project, hands: Hands): Promise<Outcome> {
  const { management, ref } = project;
  if (management?.token === undefined) {
    return unchanged(
      `add ${SCHEMA} to the exposed schemas yourself, in https://supabase.com/dashboard/project/${ref}/settings/api, ` +
        "or set SUPABASE_ACCESS_TOKEN and run this again",
    );
  }
  const authorization = `Bearer ${management.token}`;
  const answer = mustBeWell(await hands.call(settingsOf(project, "GET"), { authorization }));
  // The answer also has a secret, so nothing else of it is looked at.
  const [, list] = /"db_schema"\s*:\s*"([^"]*)"/.exec(answer.text) ?? [];
  if (list === undefined) {
    throw new Problem("The Management API does not say which schemas the project's API serves.");
  }
  const schemas = list.split(",").map((schema) => schema.trim()).filter((schema) => schema !== "");
  if (schemas.includes(SCHEMA)) return unchanged(`the API serves ${SCHEMA}`);
  const body = { db_schema: [...schemas, SCHEMA].join(",") };
  mustBeWell(await hands.call(settingsOf(project, "PATCH"), { authorization, body }));
  return changed(`the API serves ${SCHEMA} now`);
}

function mustBeWell(answer: CallAnswer): CallAnswer {
  if (answer.status === 200) return answer;
  throw new Problem(
    answer.status === 401 || answer.status === 403
      ? "The Management API refuses SUPABASE_ACCESS_TOKEN: make a new one in the dashboard under Account, Access Tokens."
      : `The Management API could not be asked for the project's API settings (${
        answer.status || answer.text
      }): run ` +
        `this again, or add ${SCHEMA} to the exposed schemas in the dashboard.`,
  );
}

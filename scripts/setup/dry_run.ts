import { readProjectRef, type Settings } from "../project/settings.ts";
import { type Action, type Call, show } from "./actions.ts";
import { ALL_STEPS } from "./all_steps.ts";
import { projectOf } from "./ask.ts";
import { EXTENSIONS, HOLD, LIST_PROJECTS, OTHERS_SCHEMAS, VERSION } from "./checks.ts";
import { FIND_OLD, MAKE_FINDER } from "./old_database.ts";
import { probes } from "./racing_api_account.ts";
import type { Project } from "./step.ts";
import { listFunctions } from "./steps/functions.ts";
import { IS_WHOLE } from "./steps/migrations.ts";

/** The project of settings that may lack everything: in the place of what is missing stands its name. */
export function sketchProject(settings: Settings, folder: string): Project {
  return projectOf({
    PROJECT_REF: "PROJECT_REF",
    DATABASE_URL: "postgresql://postgres.PROJECT_REF:PASSWORD@HOST:5432/postgres",
    RACING_API_USERNAME: "RACING_API_USERNAME",
    RACING_API_PASSWORD: "RACING_API_PASSWORD",
    WORKER_SECRET: "WORKER_SECRET",
    ...settings,
    ...(settings.PROJECT_REF === undefined ? {} : { PROJECT_REF: readProjectRef(settings.PROJECT_REF) }),
  }, folder);
}

/** What setup does with a project, by the name of its part. */
export function plannedActions(project: Project, now: Date): { name: string; actions: readonly Action[] }[] {
  const probed = probes(now).map(({ path }): Call => ({
    kind: "call",
    method: "GET",
    url: project.account.url + path,
  }));
  return [
    { name: "project", actions: [LIST_PROJECTS] },
    {
      name: "database",
      actions: [
        ...[HOLD, VERSION, EXTENSIONS, MAKE_FINDER, FIND_OLD, IS_WHOLE, OTHERS_SCHEMAS],
        listFunctions(project),
      ],
    },
    { name: "Racing API", actions: probed },
    ...ALL_STEPS.map((step) => ({ name: step.name, actions: step.actions(project) })),
  ];
}

/** What a plan cannot know before the database was asked. */
const OLD_SYSTEM =
  "If the database has tables of the old system of the same name, set-up says what it found and what room it takes, asks " +
  "once, and moves them into the schema legacy_data with the first migration (docs/taking_over.md).";

/** What would be done, part by part, as text without a secret. */
export function describeActions(parts: readonly { name: string; actions: readonly Action[] }[]): string {
  return parts.map(({ name, actions }) =>
    [
      name,
      ...actions.map((action) => `  ${show(action)}`),
      ...(actions.includes(FIND_OLD) ? [`  # ${OLD_SYSTEM}`] : []),
    ].join("\n")
  ).join("\n\n");
}

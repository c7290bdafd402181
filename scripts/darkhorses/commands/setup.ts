import { buildCommand } from "@stricli/core";
import { setUp } from "../../setup/set_up.ts";
import { READERS, type Readers } from "../../setup/step.ts";
import type { Surroundings as SetUpSurroundings } from "../../setup/surroundings.ts";
import { uninstall as takeAway } from "../../uninstall/uninstall.ts";
import { orProblem, type Session } from "../answer.ts";
import { flag, JSON_FLAG } from "../arguments.ts";

interface SetUpFlags {
  readonly json?: boolean | undefined;
  readonly projectRef?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly rotateWorkerSecret?: boolean | undefined;
  readonly publish?: Readers | undefined;
}

const YES = flag("Ask nothing: everything is in supabase/.env or in the environment");
const DRY_RUN = flag("Print every command and statement, with secrets hidden, and do none of them");

export const setup = buildCommand<SetUpFlags, [], Session>({
  docs: {
    brief: "Set a project up, or bring it up to date",
    customUsage: [{
      input: "--dry-run",
      brief: 'The same as "npx -y deno task setup", whose --help says more',
    }],
  },
  parameters: {
    flags: {
      json: JSON_FLAG,
      projectRef: { kind: "parsed", parse: String, brief: "The project", placeholder: "ref", optional: true },
      yes: YES,
      dryRun: DRY_RUN,
      rotateWorkerSecret: flag("Replace the secret between the database and the functions"),
      publish: {
        kind: "enum",
        values: READERS,
        brief: "Who may read the racing data over the API",
        optional: true,
      },
    },
  },
  async func({ json, projectRef, yes = false, dryRun = false, rotateWorkerSecret = false, publish }) {
    await orProblem(
      this,
      { json },
      () =>
        reported(
          this,
          json,
          (around) => setUp({ projectRef, yes, dryRun, rotateWorkerSecret, publish }, around),
        ),
    );
  },
});

interface UninstallFlags {
  readonly json?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly withData?: boolean | undefined;
}

export const uninstall = buildCommand<UninstallFlags, [], Session>({
  docs: {
    brief: "Take schedules, functions and secrets away, and leave the data",
    customUsage: [{ input: "--dry-run", brief: 'The same as "deno task uninstall"' }],
  },
  parameters: {
    flags: {
      json: JSON_FLAG,
      yes: YES,
      dryRun: DRY_RUN,
      withData: flag("Remove the schema with all racing data, runs and logs too; asks twice"),
    },
  },
  async func({ json, yes = false, dryRun = false, withData = false }) {
    await orProblem(
      this,
      { json },
      () => reported(this, json, (around) => takeAway({ yes, dryRun, withData }, around)),
    );
  },
});

/** Shows each step as it ends; with --json all of them at the end. */
async function reported(
  { setUp, out }: Session,
  json: boolean | undefined,
  work: (around: SetUpSurroundings) => Promise<void>,
): Promise<void> {
  if (!json) return await work(setUp());
  const steps: { name: string; says: string }[] = [];
  const said: string[] = [];
  await work({
    ...setUp(),
    // Questions would stand in the document.
    isTerminal: false,
    progress: {
      async step(name, step) {
        const outcome = await step();
        steps.push({ name, says: outcome.says });
        return outcome;
      },
      say: (text) => void said.push(text.trim()),
    },
  });
  out(`${JSON.stringify({ steps, said }, null, 2)}\n`);
}

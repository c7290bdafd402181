import { Problem } from "../../command_line/problem.ts";
import type { Call } from "../actions.ts";
import type { CallAnswer, Hands } from "../hands.ts";
import { FUNCTION_NAMES, type Project, type Step, unchanged } from "../step.ts";

const ping = ({ url }: Project, name: string): Call => ({
  kind: "call",
  method: "POST",
  url: `${url}/functions/v1/${name}`,
});

/** A deployment and a new secret reach every isolate within moments. */
const PATIENCE_SECONDS = 90;
const PAUSE_MILLISECONDS = 2000;
/** An isolate of before may still answer beside a new one. */
const ANSWERS_IN_A_ROW = 3;

/** Whether the functions are there and know the worker secret, before the database starts to sign with it. */
export const functionsAnswer: Step = {
  name: "answers",
  actions: (project) => FUNCTION_NAMES.map((name) => ping(project, name)),
  async run(project, hands) {
    for (const name of FUNCTION_NAMES) await waitForAnswers(name, project, hands);
    return unchanged(`${FUNCTION_NAMES.join(" and ")} know the worker secret`);
  },
};

async function waitForAnswers(name: string, project: Project, hands: Hands): Promise<void> {
  let inARow = 0;
  const deadline = performance.now() + PATIENCE_SECONDS * 1000;
  for (;;) {
    const answer = await hands.call(ping(project, name), {
      authorization: `Bearer ${project.workerSecret}`,
      body: { ping: true },
    });
    if (answer.status === 200) {
      inARow++;
      if (inARow === ANSWERS_IN_A_ROW) return;
      continue;
    }
    inARow = 0;
    if (performance.now() >= deadline) throw new Problem(describe(name, answer, project));
    await hands.wait(PAUSE_MILLISECONDS);
  }
}

function describe(name: string, { status, text }: CallAnswer, { url }: Project): string {
  const what = `The function ${name} at ${url}`;
  const after = `for ${PATIENCE_SECONDS} seconds`;
  switch (status) {
    case 0:
      return `${what} cannot be reached ${after} (${text}). Is this the project's address, and is this machine online?`;
    case 401:
      return `${what} did not know the worker secret ${after}. Look at its log in the dashboard, then run this again.`;
    case 404:
      return `${what} was not there ${after}. Look under Edge Functions in the dashboard, then run this again.`;
    default:
      return `${what} answered ${status} ${after} (${text}). Its log in the dashboard says why; then run this again.`;
  }
}

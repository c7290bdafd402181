import * as prompts from "@clack/prompts";
import { Problem } from "../command_line/problem.ts";
import { endWith } from "../command_line/shutdown.ts";

/** Asks the operator. */
export interface Questions {
  /** A text that is shown while it is typed. */
  text(question: string, check: (answer: string) => void): Promise<string>;
  /** A text that is not shown. */
  secret(question: string, check: (answer: string) => void): Promise<string>;
  choose(question: string, choices: readonly { value: string; label: string }[]): Promise<string>;
  confirm(question: string): Promise<boolean>;
}

/** Asks on the terminal. Ctrl+C ends the command, before anything was changed. */
export const terminalQuestions: Questions = {
  text: async (message, check) => await answerOf<string>(prompts.text({ message, validate: refusal(check) })),
  secret: async (message, check) =>
    await answerOf<string>(prompts.password({ message, validate: refusal(check) })),
  choose: async (message, choices) =>
    await answerOf<string>(prompts.select({ message, options: choices.map((choice) => ({ ...choice })) })),
  confirm: async (message) => await answerOf<boolean>(prompts.confirm({ message })),
};

async function answerOf<T extends string | boolean>(asked: Promise<T | symbol>): Promise<T> {
  const answer = await asked;
  if (typeof answer !== "symbol") return answer;
  await endWith(130);
  return await new Promise<never>(() => {});
}

/** What the prompt says of an answer that a check refuses. */
function refusal(check: (answer: string) => void): (answer: string | undefined) => string | undefined {
  return (answer) => {
    if (!answer?.trim()) return "Something is needed here.";
    try {
      check(answer.trim());
    } catch (error) {
      if (error instanceof Problem) return error.message;
      throw error;
    }
    return undefined;
  };
}

import { fromFileUrl, join } from "@std/path";
import { walk } from "../../command_line/walk.ts";
import { type HostedProject, startHostedProject } from "../../lab/world/hosted_project.ts";
import type { Action } from "../actions.ts";
import { createProgress } from "../progress.ts";
import type { Questions } from "../questions.ts";
import type { Surroundings } from "../surroundings.ts";

const CHECKOUT = fromFileUrl(new URL("../../../", import.meta.url));

/** A clone of this checkout: what setup reads of it, without settings. */
export interface Clone extends AsyncDisposable {
  readonly folder: string;
  readonly settingsFile: string;
}

export async function makeClone(): Promise<Clone> {
  const folder = await Deno.makeTempDir({ prefix: "darkhorses-clone-" });
  await Deno.copyFile(join(CHECKOUT, "import_map.json"), join(folder, "import_map.json"));
  for (const part of ["functions", "migrations", "schemas"]) {
    for await (const path of walk(join(CHECKOUT, "supabase", part))) {
      const copy = join(folder, path.slice(CHECKOUT.length));
      await Deno.mkdir(join(copy, ".."), { recursive: true });
      await Deno.copyFile(path, copy);
    }
  }
  await Deno.copyFile(join(CHECKOUT, "supabase/config.toml"), join(folder, "supabase/config.toml"));
  return {
    folder,
    settingsFile: join(folder, "supabase", ".env"),
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** What an operator's terminal would show, and what was done. */
export interface Recording {
  readonly around: Surroundings;
  readonly printed: () => string;
  readonly actions: Action[];
}

/** Questions that are answered from a list, in order; one too many is an error. */
export function answered(...answers: (string | boolean)[]): Questions & { readonly asked: string[] } {
  const asked: string[] = [];
  const next = <T extends string | boolean>(question: string): Promise<T> => {
    asked.push(question);
    const answer = answers.shift();
    if (answer === undefined) return Promise.reject(new Error(`Nobody answers "${question}"`));
    return Promise.resolve(answer as T);
  };
  return {
    asked,
    text: async (question, check) => {
      const answer = await next<string>(question);
      check(answer);
      return answer;
    },
    secret: async (question, check) => {
      const answer = await next<string>(question);
      check(answer);
      return answer;
    },
    choose: (question) => next<string>(question),
    confirm: (question) => next<boolean>(question),
  };
}

/** Somebody at a terminal, with a clone, in front of a hosted project. */
export function record(
  hosted: HostedProject,
  clone: Clone,
  { variables = {}, questions = answered(), onAction = () => {}, cliEnvironment = {} }: {
    variables?: Record<string, string>;
    questions?: Questions;
    onAction?: (action: Action) => void;
    cliEnvironment?: Record<string, string>;
  } = {},
): Recording {
  let text = "";
  const actions: Action[] = [];
  return {
    printed: () => text,
    actions,
    around: {
      folder: clone.folder,
      settingsFile: clone.settingsFile,
      getVariable: (name) => variables[name],
      questions,
      progress: createProgress((part) => void (text += part), false),
      isTerminal: true,
      now: () => new Date(),
      cliEnvironment: { ...hosted.environment, ...cliEnvironment },
      onAction(action) {
        actions.push(action);
        onAction(action);
      },
    },
  };
}

/** A hosted project whose cron ticks every other second instead of every minute, so that no test waits for a minute. */
export async function startQuickProject(): Promise<HostedProject> {
  const hosted = await startHostedProject({ apiSpeed: 20, cron: "manual" });
  let ticking = Promise.resolve();
  const timer = setInterval(
    () => void (ticking = hosted.platform.cron.tick(new Date()).catch(() => {})),
    2000,
  );
  const stop = async () => {
    clearInterval(timer);
    await ticking;
    await hosted.stop();
  };
  return { ...hosted, stop, [Symbol.asyncDispose]: stop };
}

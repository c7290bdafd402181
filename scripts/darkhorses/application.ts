import {
  ArgumentParseError,
  ArgumentScannerError,
  buildApplication,
  buildRouteMap,
  formatMessageForArgumentScannerError,
  run,
  text_en,
} from "@stricli/core";
import { messageOf, Problem } from "../command_line/problem.ts";
import { EXIT, type Session } from "./answer.ts";
import { check } from "./commands/check.ts";
import { alerts, chunks, errors, freshness, gaps, rejects, times, usage } from "./commands/lists.ts";
import { legacy } from "./commands/legacy.ts";
import { months } from "./commands/months.ts";
import { page } from "./commands/page.ts";
import { plan } from "./commands/plan.ts";
import { pull } from "./commands/pull.ts";
import { schedules } from "./commands/schedules.ts";
import { setup, uninstall } from "./commands/setup.ts";
import { start } from "./commands/start.ts";
import { status } from "./commands/status.ts";
import { cancel, pause, resume, retry } from "./commands/steer.ts";
import { verify } from "./commands/verify.ts";
import { watch } from "./commands/watch.ts";
import type { Surroundings } from "./surroundings.ts";

const routes = buildRouteMap({
  routes: {
    ...{ status, watch, months, plan, start, pull, pause, resume, cancel, retry, schedules },
    ...{ chunks, gaps, freshness, errors, rejects, alerts, usage, times },
    ...{ check, verify, page, setup, uninstall, legacy },
  },
  docs: {
    brief: "Asks and steers a racing database",
    fullDescription:
      "Asks and steers a racing database: the project of supabase/.env, or the database in DATABASE_URL. " +
      "Without a project: npx -y deno task local -- npx -y deno task darkhorses status\n\n" +
      "COMMAND --help has the options of a command, and an example. --json prints one JSON document, of watch an " +
      "object a line.\n\nExit codes: 0 all is well; 1 something is wrong, or was refused; 2 the command cannot be " +
      "meant like this, and nothing was started.",
  },
});

const application = buildApplication<Session>(routes, {
  name: "darkhorses",
  scanner: { caseStyle: "allow-kebab-for-camel" },
  documentation: { caseStyle: "convert-camel-to-kebab", disableAnsiColor: true },
  localization: {
    text: {
      ...text_en,
      noCommandRegisteredForInput: ({ input, corrections }) =>
        `There is no command "${input}"${
          corrections.length > 0 ? `: did you mean ${corrections.join(" or ")}` : ""
        }? See darkhorses --help.`,
      exceptionWhileParsingArguments: explainArguments,
    },
  },
});

function explainArguments(error: unknown): string {
  if (!(error instanceof ArgumentScannerError)) return messageOf(error);
  return formatMessageForArgumentScannerError(error, {
    ArgumentParseError: ({ exception, externalFlagNameOrPlaceholder, input }: ArgumentParseError) =>
      exception instanceof Problem
        ? exception.message
        : `"${input}" is no ${externalFlagNameOrPlaceholder}: ${messageOf(exception)}`,
  });
}

/** Runs a command; resolves to its exit code. */
export async function runDarkhorses(args: readonly string[], around: Surroundings): Promise<number> {
  const ended = { code: EXIT.fine as number };
  const wantsJson = args.includes("--json");
  let refusal = "";
  const process = {
    stdout: { write: around.out },
    stderr: { write: wantsJson ? (text: string) => void (refusal += text) : around.err },
    exitCode: null as number | null,
  };
  const inputs = args.length === 0 ? ["--help"] : args;
  await run(application, inputs, { ...around, process, ended });
  // The library's own codes are negative: the command was typed wrongly.
  const code = process.exitCode ?? EXIT.fine;
  if (refusal !== "") around.out(`${JSON.stringify({ error: refusal.trim() }, null, 2)}\n`);
  if (code < 0) return EXIT.usage;
  return ended.code === EXIT.fine ? code : ended.code;
}

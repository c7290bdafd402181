import type { Step } from "./step.ts";
import { check } from "./steps/check.ts";
import { cronJobs } from "./steps/cron_jobs.ts";
import { firstPull } from "./steps/first_pull.ts";
import { functionSecrets } from "./steps/function_secrets.ts";
import { functions } from "./steps/functions.ts";
import { functionsAnswer } from "./steps/functions_answer.ts";
import { limit } from "./steps/limit.ts";
import { migrations } from "./steps/migrations.ts";
import { pausedRuns } from "./steps/paused_runs.ts";
import { previousSecret } from "./steps/previous_secret.ts";
import { published } from "./steps/published.ts";
import { schedules } from "./steps/schedules.ts";
import { vault } from "./steps/vault.ts";

/**
 * The set-up, in the order that loses no dispatch: the functions know a new worker secret before the database signs
 * with it, and forget the old one once nothing signed with it is on its way.
 */
export const ALL_STEPS: readonly Step[] = [
  migrations,
  cronJobs,
  functionSecrets,
  functions,
  functionsAnswer,
  vault,
  previousSecret,
  limit,
  pausedRuns,
  firstPull,
  schedules,
  published,
  check,
];

import { createHash } from "node:crypto";
import { z } from "zod";
import { Problem } from "../../command_line/problem.ts";
import { changeLines } from "../../project/settings_file.ts";
import { type Command, command } from "../actions.ts";
import type { Hands } from "../hands.ts";
import { PUBLIC_API } from "../ask.ts";
import { changed, type Project, remote, type Step, unchanged } from "../step.ts";
import { vaultEntries } from "./vault.ts";

/**
 * The worker secret of before a change, which the functions accept as well until nothing is signed with it any more.
 */
export const PREVIOUS = "WORKER_SECRET_PREVIOUS";
/** Every secret that the functions get from us. */
export const FUNCTION_SECRETS = [
  "RACING_API_USERNAME",
  "RACING_API_PASSWORD",
  "RACING_API_URL",
  "WORKER_SECRET",
  PREVIOUS,
] as const;

const listed = z.object({ secrets: z.array(z.object({ name: z.string(), value: z.string() })) });

export const listSecrets = (project: Project): Command => command(["secrets", "list", remote(project)]);
export const unsetSecrets = (project: Project, names: readonly string[]): Command =>
  command(["secrets", "unset", ...names, remote(project), "--yes"]);
/** Where they are for as long as the next command reads them; Git ignores it. */
const FILE_NAME = "supabase/.temp/function_secrets.env";
/** Not among its arguments, which others can see; and it reads no pipe. */
const set = (project: Project, secrets: string): Command => ({
  ...command(["secrets", "set", "--env-file", FILE_NAME, remote(project), "--yes"]),
  file: { path: FILE_NAME, text: secrets },
});

/** What was read of a set-up's project, until it is changed: each look is a second of the CLI's. */
const known = new WeakMap<Hands, Map<string, string>>();

/** The digest of each secret that the functions have, by name. The platform shows no values. */
export async function secretDigests(project: Project, hands: Hands): Promise<Map<string, string>> {
  const before = known.get(hands);
  if (before !== undefined) return before;
  const { secrets } = listed.parse(await hands.run(listSecrets(project)));
  const digests = new Map(secrets.map(({ name, value }) => [name, value]));
  known.set(hands, digests);
  return digests;
}

/** Changes the secrets of the functions. */
export async function changeSecrets(change: Command, hands: Hands): Promise<void> {
  known.delete(hands);
  await hands.run(change);
}

export const digest = (text: string) => createHash("sha256").update(text).digest("hex");

/** The secrets of the functions: the API's account and the worker secret. */
export const functionSecrets: Step = {
  name: "secrets",
  actions: (project) => [
    listSecrets(project),
    vaultEntries.IS_THERE,
    vaultEntries.READ,
    set(project, ""),
    unsetSecrets(project, ["RACING_API_URL"]),
  ],
  async run(project, hands) {
    const there = await secretDigests(project, hands);
    const { worker_secret: inVault } = await vaultEntries.readIfThere(hands);
    const { account, workerSecret } = project;
    const wanted: Record<string, string> = {
      RACING_API_USERNAME: account.username,
      RACING_API_PASSWORD: account.password,
      WORKER_SECRET: workerSecret,
      ...(account.url === PUBLIC_API ? {} : { RACING_API_URL: account.url }),
      // What the database still signs with stays good until Vault has the new one.
      ...(inVault === undefined || inVault === workerSecret ? {} : { [PREVIOUS]: inVault }),
    };
    const missing = Object.keys(wanted).filter((name) => there.get(name) !== digest(wanted[name] ?? ""));
    // What was taken out of the settings is taken from the functions, too.
    const left = there.has("RACING_API_URL") && wanted["RACING_API_URL"] === undefined
      ? ["RACING_API_URL"]
      : [];
    if (missing.length + left.length === 0) return unchanged("the functions have them");
    if (missing.length > 0) await changeSecrets(set(project, changeLines("", wanted)), hands);
    if (left.length > 0) await changeSecrets(unsetSecrets(project, left), hands);
    const stored = await secretDigests(project, hands);
    const other = missing.find((name) => stored.get(name) !== digest(wanted[name] ?? ""));
    if (other !== undefined) {
      throw new Problem(
        `The functions did not get the ${other} that supabase/.env has: it holds a character that the CLI reads ` +
          "otherwise. Choose another one, or set it in the dashboard under Edge Functions, Secrets.",
      );
    }
    const given = missing.length === 0 ? [] : [`set ${missing.join(", ")}`];
    return changed([...given, ...left.map((name) => `removed ${name}`)].join(", "));
  },
};

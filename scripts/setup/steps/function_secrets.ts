import { createHash } from "node:crypto";
import { z } from "zod";
import { Problem } from "../../command_line/problem.ts";
import { changeLines, writePrivateFile } from "../../project/settings_file.ts";
import { type Command, command, type FileChange } from "../actions.ts";
import type { Hands } from "../hands.ts";
import { PUBLIC_API } from "../ask.ts";
import { changed, type Project, remote, type Step, unchanged } from "../step.ts";
import { vaultEntries } from "./vault.ts";

/** The worker secret of before a change, which the functions accept as well until nothing is signed with it any more. */
export const PREVIOUS = "WORKER_SECRET_PREVIOUS";
/** Every secret that the functions get from us. */
export const FUNCTION_SECRETS = [
  "RACING_API_USERNAME",
  "RACING_API_PASSWORD",
  "RACING_API_URL",
  "WORKER_SECRET",
  PREVIOUS,
] as const;

const FILE_NAME = "supabase/.temp/function_secrets.env";

const listed = z.object({ secrets: z.array(z.object({ name: z.string(), value: z.string() })) });

export const listSecrets = (project: Project): Command => command(["secrets", "list", remote(project)]);
export const unsetSecrets = (project: Project, names: readonly string[]): Command =>
  command(["secrets", "unset", ...names, remote(project), "--yes"]);
const set = (project: Project): Command =>
  command(["secrets", "set", "--env-file", FILE_NAME, remote(project), "--yes"]);
const file: FileChange = {
  kind: "file",
  path: FILE_NAME,
  says: "the functions' secrets, for the next command; only you may read it, and it is removed at once",
};

/** The digest of each secret that the functions have, by name. The platform shows no values. */
export async function secretDigests(project: Project, hands: Hands): Promise<Map<string, string>> {
  const { secrets } = listed.parse(await hands.run(listSecrets(project)));
  return new Map(secrets.map(({ name, value }) => [name, value]));
}

const digest = (text: string) => createHash("sha256").update(text).digest("hex");

/** The secrets of the functions: the API's account and the worker secret. */
export const functionSecrets: Step = {
  name: "secrets",
  actions: (project) => [listSecrets(project), vaultEntries.IS_THERE, vaultEntries.READ, file, set(project)],
  async run(project, hands) {
    const known = await secretDigests(project, hands);
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
    const missing = Object.keys(wanted).filter((name) => known.get(name) !== digest(wanted[name] ?? ""));
    if (missing.length === 0) return unchanged("the functions have them");
    const path = `${project.folder}/${FILE_NAME}`;
    await Deno.mkdir(`${project.folder}/supabase/.temp`, { recursive: true });
    try {
      await writePrivateFile(path, changeLines("", wanted));
      await hands.run(set(project));
    } finally {
      await Deno.remove(path).catch(() => {});
    }
    const stored = await secretDigests(project, hands);
    const other = missing.find((name) => stored.get(name) !== digest(wanted[name] ?? ""));
    if (other !== undefined) {
      throw new Problem(
        `The functions did not get the ${other} that supabase/.env has: it holds a character that the CLI reads ` +
          "otherwise. Choose another one, or set it in the dashboard under Edge Functions, Secrets.",
      );
    }
    return changed(`set ${missing.join(", ")}`);
  },
};

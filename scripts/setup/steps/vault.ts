import { open, secret, type Statement, statement } from "../actions.ts";
import type { Hands } from "../hands.ts";
import { changed, type Project, type Step, unchanged } from "../step.ts";

/** What the engine keeps in Vault. */
const NAMES = ["project_url", "worker_secret", "alert_webhook_url"] as const;
export type VaultName = typeof NAMES[number];

const READ = statement(
  "select name, decrypted_secret as value from vault.decrypted_secrets " +
    "where name in ('project_url', 'worker_secret', 'alert_webhook_url')",
);
const IS_THERE = statement("select to_regclass('vault.decrypted_secrets') is not null as is_there");
const REMOVE = statement(
  "delete from vault.secrets where name in ('project_url', 'worker_secret', 'alert_webhook_url')",
);

async function read(hands: Hands): Promise<{ [name in VaultName]?: string }> {
  const rows = await hands.query<{ name: VaultName; value: string }>(READ);
  return Object.fromEntries(rows.map(({ name, value }) => [name, value.trim()]));
}

/** The same on a database that may not have Vault yet. */
async function readIfThere(hands: Hands): Promise<{ [name in VaultName]?: string }> {
  const [vault] = await hands.query<{ is_there: boolean }>(IS_THERE);
  return vault?.is_there ? await read(hands) : {};
}

/** The engine's entries in Vault. */
export const vaultEntries = { READ, REMOVE, IS_THERE, read, readIfThere };

function wantedOf({ url, workerSecret, webhook }: Project): { [name in VaultName]?: string } {
  return {
    project_url: url,
    worker_secret: workerSecret,
    ...(webhook === undefined ? {} : { alert_webhook_url: webhook }),
  };
}

function write(name: VaultName, value: string, exists: boolean): Statement {
  const shown = name === "project_url" ? open(value) : secret(value);
  return exists
    ? statement(
      "select vault.update_secret((select id from vault.secrets where name = $2), $1)",
      shown,
      open(name),
    )
    : statement("select vault.create_secret($1, $2)", shown, open(name));
}

/** What the database finds the functions with, and signs for them with. */
export const vault: Step = {
  name: "Vault",
  actions: (project) => [
    READ,
    ...Object.entries(wantedOf(project)).flatMap(([name, value]) => [
      write(name as VaultName, value, false),
      write(name as VaultName, value, true),
    ]),
  ],
  async run(project, hands) {
    const known = await read(hands);
    const wanted = Object.entries(wantedOf(project)) as [VaultName, string][];
    const missing = wanted.filter(([name, value]) => known[name] !== value);
    for (const [name, value] of missing) await hands.query(write(name, value, known[name] !== undefined));
    if (missing.length === 0) return unchanged("has the project's address and the worker secret");
    return changed(`stored ${missing.map(([name]) => name).join(", ")}`);
  },
};

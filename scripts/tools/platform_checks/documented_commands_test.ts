import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, relative } from "@std/path";
import { walk } from "../../command_line/walk.ts";
import { connect } from "../../lab/platform/database.ts";
import { startPlatform } from "../../lab/platform/platform.ts";
import {
  type CommandHelp,
  type DocumentedCommand,
  faultOf,
  type ReadDocument,
  readDocument,
  readHelp,
} from "./documented_commands.ts";
import { prepareDatabase } from "./prepare_database.ts";
import { CLI_VERSION, runCli } from "../../project/supabase_cli.ts";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

/** Where a reader may find a command to run: the documents, and the messages of SQL and of the functions. */
async function documents(): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const folder of ["docs", "supabase"]) {
    for await (const path of walk(ROOT + folder)) {
      const isCode = /\.(sql|ts|toml)$/.test(path) && !/_test\.ts$|\/tests\//.test(path);
      if (isCode || path.endsWith(".md")) texts.set(relative(ROOT, path), await Deno.readTextFile(path));
    }
  }
  for (const name of ["README.md", "CHANGELOG.md"]) texts.set(name, await Deno.readTextFile(ROOT + name));
  return texts;
}

const helps = new Map<string, Promise<CommandHelp | null>>();
/** Asks the real CLI, once for each command. */
function ask(path: readonly string[]): Promise<CommandHelp | null> {
  const key = path.join(" ");
  const known = helps.get(key) ??
    runCli([...path, "--help"]).then(({ stdout, stderr }) => readHelp(path, stdout + stderr));
  helps.set(key, known);
  return known;
}

async function faultsOf({ commands, rest }: ReadDocument): Promise<string[]> {
  const faults: string[] = [];
  for (const command of commands) {
    const fault = await faultOf(command, ask);
    if (fault !== null) faults.push(`${command.file}: "supabase ${command.words.join(" ")}": ${fault}`);
  }
  const names = [...(await ask([]))?.subcommands ?? []];
  assert(names.includes("db"), "The CLI's own help could not be read");
  for (const [found] of rest.matchAll(new RegExp(`\\bsupabase\\s+(?:${names.join("|")})\\b.*`, "g"))) {
    faults.push(`a command outside code: ${found}`);
  }
  return faults;
}

const inBlock = (line: string) => readDocument("a.md", "```sh\n" + line + "\n```\n");

Deno.test("readDocument() finds the commands of blocks, of inline code and of quotations, and no prose", () => {
  const markdown = [
    "The `supabase` CLI reads `supabase/config.toml`; `supabase db",
    "push --remote` is a command.",
    "```sh",
    'alias supabase="npx -y supabase@3.1.0"   # not a command: supabase db reset',
    "cd supabase && supabase functions deploy \\",
    "  --use-api",
    "A=1 npx -y supabase@3.1.0 secrets set B=\"$(openssl rand -hex 32)\" C='d e'; supabase login # supabase stop",
    "```",
    "```sql",
    "select 'run \"supabase link\"';",
    "```",
  ].join("\n");
  assertEquals(readDocument("a.md", markdown).commands.map(({ words }) => words.join("|")).toSorted(), [
    "db|push|--remote",
    "functions|deploy|--use-api",
    "link",
    "login",
    "secrets|set|B=\"$(openssl rand -hex 32)\"|C='d e'",
  ]);
  const code = [
    '-- After "supabase db push',
    '-- --remote" and "supabase.functions":',
    'throw new Error(`x: set it with "supabase secrets set ${name}=…"`);',
  ].join("\n");
  assertEquals(readDocument("a.ts", code).commands.map(({ words }) => words.join("|")), [
    "db|push|--remote",
    "secrets|set|${name}=…",
  ]);
});

Deno.test("a command that the CLI does not have, or that targets the wrong database, is found", async () => {
  const faults = async (line: string) => (await faultsOf(inBlock(line))).join();
  assertEquals(await faults("supabase db push --remote --yes"), "");
  assert((await faults("supabase db push")).endsWith("--remote is missing"));
  assert((await faults("npx -y supabase@3.1.0 db push --yes")).endsWith("--remote is missing"));
  assert((await faults("supabase db shove --remote")).endsWith('"supabase db" has no subcommand shove'));
  assert((await faults("supabase launch")).endsWith('"supabase" has no subcommand launch'));
  assert((await faults("supabase db push --remote --now")).endsWith('"supabase db push" has no flag --now'));
  assert((await faults("supabase db push --remote twice")).endsWith("takes no arguments, such as twice"));
  assert((await faults("supabase db")).endsWith("is no command by itself"));
  assert((await faults("supabase secrets set --env-file")).endsWith("--env-file wants a value"));
  assertEquals(await faultsOf(readDocument("a.md", "Then supabase db push it.")), [
    "a command outside code: supabase db push it.",
  ]);
});

Deno.test("every command of the supabase CLI that a document names is one that the CLI has", async () => {
  const found: DocumentedCommand[] = [];
  const faults: string[] = [];
  for (const [file, text] of await documents()) {
    const read = readDocument(file, text);
    found.push(...read.commands);
    faults.push(...await faultsOf(read));
  }
  assertEquals(faults, []);
  // Otherwise finding nothing wrong would prove nothing.
  const names = new Set(found.map(({ file, words }) => `${file}: ${words.slice(0, 2).join(" ")}`));
  for (const name of ["README.md: login", "docs/guide.md: db push", "docs/guide.md: functions deploy"]) {
    assert(names.has(name), name);
  }
});

Deno.test("README names the version of the CLI that all of this is tried with, and no file names another", async () => {
  const texts = await documents();
  const versions = [...texts].flatMap(([file, text]) =>
    [...text.matchAll(/supabase@([\w.-]*\w)/g)].map(([, version]) => `${file}: ${version}`)
  );
  assert(versions.includes(`README.md: ${CLI_VERSION}`), versions.join());
  assertEquals(versions.filter((version) => !version.endsWith(`: ${CLI_VERSION}`)), []);
});

Deno.test("Git ignores the settings, and what is written in their place", async () => {
  const names = ["supabase/.env", "supabase/.env.new", "supabase/.temp/function_secrets.env"];
  const { stdout } = await new Deno.Command("git", { args: ["check-ignore", ...names], cwd: ROOT }).output();
  assertEquals(new TextDecoder().decode(stdout).trim().split("\n"), names);
});

Deno.test('"db push", as the documents write it, migrates an empty project', async () => {
  const texts = await documents();
  const pushes = new Set(
    [...texts].flatMap(([file, text]) => readDocument(file, text).commands)
      .map(({ words }) => words.join(" ")).filter((command) => command.startsWith("db push ")),
  );
  assert(pushes.size > 0);
  const migrationsFolder = await Deno.makeTempDir();
  try {
    for (const push of pushes) {
      await using platform = await startPlatform({ functions: false, cron: "manual", migrationsFolder });
      const url = new URL(platform.adminUrl);
      [url.username, url.password] = ["postgres", crypto.randomUUID()];
      await prepareDatabase(platform.adminUrl, url.password);
      // The linked project is this one, and the answer to its question is yes.
      const words = push.split(" ").map((word) => word === "--remote" ? `--remote=${url.href}` : word);
      const { success, stdout, stderr } = await runCli([...words, "--yes"]);
      assert(success, stdout + stderr);
      const sql = connect(url.href, { max: 1, name: "test" });
      const applied = await sql`select version from supabase_migrations.schema_migrations`;
      const runs = await sql`select from backfill_status`;
      await sql.end({ timeout: 1 });
      assertEquals([applied.length, runs.length], [(await files("supabase/migrations")).length, 0]);
    }
  } finally {
    await Deno.remove(migrationsFolder);
  }
});

async function files(folder: string): Promise<string[]> {
  return await Array.fromAsync(Deno.readDir(ROOT + folder), ({ name }) => name);
}

import { assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { present } from "../test_support/present.ts";
import { runCli } from "../../project/supabase_cli.ts";
import { type HostedProject, startHostedProject } from "../world/hosted_project.ts";
import { sha256 } from "./answers.ts";

const HELLO = `
  import { z } from "zod";
  const born = crypto.randomUUID();
  Deno.serve(() => Response.json({ born, zod: typeof z.object, mine: Deno.env.get("MINE") ?? null }));`;

const CONFIG = `
  project_id = "laboratory"
  [functions.hello]
  verify_jwt = false
  import_map = "../import_map.json"
  [functions.closed]
  verify_jwt = true`;

const IMPORT_MAP = new URL("../../../import_map.json", import.meta.url);

let hosted: HostedProject;
let project: string;

Deno.test.beforeAll(async () => {
  hosted = await startHostedProject();
  project = await Deno.makeTempDir({ prefix: "deployed-project-" });
  for (const name of ["hello", "closed"]) {
    await Deno.mkdir(join(project, "supabase", "functions", name), { recursive: true });
    await Deno.writeTextFile(join(project, "supabase", "functions", name, "index.ts"), HELLO);
  }
  await Deno.writeTextFile(join(project, "supabase", "config.toml"), CONFIG);
  await Deno.copyFile(IMPORT_MAP, join(project, "import_map.json"));
});

Deno.test.afterAll(async () => {
  await hosted.stop();
  await Deno.remove(project, { recursive: true });
});

/** Runs the CLI on the hosted project; what it answers or why it failed. */
async function cli(words: string, environment: Record<string, string> = {}): Promise<Answer> {
  const result = await runCli(
    [...words.split(" "), "--workdir", project, "--yes", "--output-format", "json"],
    { environment: { ...hosted.environment, ...environment } },
  );
  return { success: result.success, ...JSON.parse(result.stdout) };
}

interface Answer {
  readonly success: boolean;
  readonly error?: { readonly code: string; readonly message: string };
  readonly projects?: { readonly ref: string; readonly status: string }[];
  readonly functions?: { readonly slug: string; readonly version: number; readonly ezbr_sha256: string }[];
  readonly secrets?: { readonly name: string; readonly value: string }[];
}

async function call(name: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${hosted.supabaseUrl}/functions/v1/${name}`);
  return { status: response.status, body: await response.json() };
}

/** The requests that came while something was done. */
async function requestsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = hosted.requests.length;
  await work();
  return hosted.requests.slice(before).map(({ method, path }) => `${method} ${path}`);
}

Deno.test("the CLI lists the account's projects with their status", async () => {
  const { projects } = await cli("projects list");
  assertEquals(projects?.map(({ ref, status }) => [ref, status]), [
    [hosted.ref, "ACTIVE_HEALTHY"],
    ["otherprojectabcdefgh", "INACTIVE"],
  ]);
});

Deno.test("a function answers once it is deployed, with the import map that was uploaded", async () => {
  assertEquals((await call("hello")).status, 404);
  const path = `/v1/projects/${hosted.ref}/functions`;
  const requests = await requestsOf(() => cli(`functions deploy --use-api --remote=${hosted.ref}`));
  assertEquals(requests.filter((request) => request.includes(path)), [
    `POST ${path}/deploy?slug=closed&bundleOnly=true`,
    `POST ${path}/deploy?slug=hello&bundleOnly=true`,
    `PUT ${path}`,
  ]);
  const { status, body } = await call("hello");
  assertEquals([status, body.zod], [200, "function"]);
});

Deno.test("a function that verifies JWTs lets nobody in: the new keys are none", async () => {
  assertEquals((await call("closed")).status, 401);
});

Deno.test("the same files have the same digest again, and new isolates", async () => {
  const born = (await call("hello")).body.born;
  const digest = present(hosted.state.functions.get("hello"), "function").bundle.sha256;
  await cli(`functions deploy hello --use-api --remote=${hosted.ref}`);
  const { functions } = await cli(`functions list --remote=${hosted.ref}`);
  assertEquals(functions?.map(({ slug, version }) => [slug, version]), [["closed", 1], ["hello", 2]]);
  assertEquals(functions?.find(({ slug }) => slug === "hello")?.ezbr_sha256, digest);
  assertNotEquals((await call("hello")).body.born, born);
});

Deno.test("what can't be bundled is refused, and what was deployed before goes on", async () => {
  const source = join(project, "supabase", "functions", "hello", "index.ts");
  await Deno.writeTextFile(source, "Deno.serve(() => new Response(");
  const { success, error } = await cli(`functions deploy hello --use-api --remote=${hosted.ref}`);
  await Deno.writeTextFile(source, HELLO);
  assertEquals(success, false);
  assertStringIncludes(error?.message ?? "", "Failed to bundle the function");
  assertEquals((await call("hello")).status, 200);
});

Deno.test("a secret reaches new isolates and not warm ones, and is listed as its digest", async () => {
  const file = join(project, "secrets.env");
  await Deno.writeTextFile(file, "MINE='a secret'\n");
  assertEquals((await call("hello")).body.mine, null);
  await cli(`secrets set --env-file ${file} --remote=${hosted.ref}`);
  assertEquals((await call("hello")).body.mine, null);
  await hosted.platform.killFunctionInstances();
  assertEquals((await call("hello")).body.mine, "a secret");

  const listed = (await cli(`secrets list --remote=${hosted.ref}`)).secrets;
  assertEquals(listed?.find(({ name }) => name === "MINE")?.value, await sha256("a secret"));
  await cli(`secrets unset MINE --remote=${hosted.ref}`);
  assertEquals(hosted.state.secrets.has("MINE"), false);
});

Deno.test("a deleted function is not found", async () => {
  await cli(`functions delete hello --remote=${hosted.ref}`);
  assertEquals((await call("hello")).status, 404);
  const { error } = await cli(`functions delete hello --remote=${hosted.ref}`);
  assertEquals(error?.code, "FunctionNotFoundError");
});

Deno.test("the token is enough for a query, which runs as postgres", async () => {
  const query = (sql: string, readOnly = false) =>
    fetch(`${hosted.managementUrl}/v1/projects/${hosted.ref}/database/query`, {
      method: "POST",
      headers: { authorization: `Bearer ${hosted.token}` },
      body: JSON.stringify({ query: sql, read_only: readOnly }),
    });
  const answered = await query(
    "create table public.a (b integer); select current_user as me, 1::bigint as one, date '2026-11-25' as day;",
  );
  assertEquals([answered.status, await answered.json()], [201, [{
    me: "postgres",
    one: 1,
    day: "2026-11-25",
  }]]);
  const refused = await query("drop table public.a", true);
  assertEquals(refused.status, 400);
  assertStringIncludes((await refused.json()).message, "25006");
});

Deno.test("a paused project refuses what would change it", async () => {
  hosted.pause();
  try {
    const { error } = await cli(`functions deploy hello --use-api --remote=${hosted.ref}`);
    assertStringIncludes(error?.message ?? "", "INACTIVE");
    assertEquals((await cli(`link --project-ref ${hosted.ref}`)).error?.code, "ProjectPausedError");
  } finally {
    hosted.resume();
  }
});

Deno.test("an unknown token and a ref of somebody else's project are refused", async () => {
  const wrong = { SUPABASE_ACCESS_TOKEN: `sbp_${"1".repeat(40)}` };
  const { error } = await cli("projects list", wrong);
  assertEquals(error?.code, "ProjectsListUnexpectedStatusError");
  assertStringIncludes(error?.message ?? "", "Unauthorized");
  const unknown = await cli("secrets list --remote=zzzzzzzzzzzzzzzzzzzz");
  assertStringIncludes(unknown.error?.message ?? "", "404");
});

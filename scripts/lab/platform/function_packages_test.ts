import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";

const PROJECT = fromFileUrl(new URL("../../..", import.meta.url));

/** Fetches the functions' packages in a process of its own, with an empty cache of Deno, and says how that went. */
async function fetchWithEmptyCache(settings: Record<string, string>): Promise<Record<string, unknown>> {
  const cache = await Deno.makeTempDir({ prefix: "empty-cache-" });
  const source = `
    import { fetchFunctionPackages } from "./scripts/lab/platform/function_packages.ts";
    // Not before: this process itself needs the filled one.
    for (const [name, value] of Object.entries(${JSON.stringify({ DENO_DIR: cache, ...settings })})) {
      Deno.env.set(name, value);
    }
    const said = [];
    const fetchOnce = () => fetchFunctionPackages({
      functionsFolder: "${PROJECT}supabase/functions",
      importMap: "${PROJECT}import_map.json",
      lockFile: "${PROJECT}deno.lock",
      denoExecutable: Deno.execPath(),
      folder: "${cache}",
      say: (line) => said.push(line),
    });
    try {
      const { args } = await fetchOnce();
      await fetchOnce();
      console.log(JSON.stringify({ args, said }));
    } catch (error) {
      console.log(JSON.stringify({ name: error.name, message: error.message, said }));
    }`;
  try {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", source],
      cwd: PROJECT,
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const printed = new TextDecoder().decode(stdout);
    if (printed === "") throw new Error(new TextDecoder().decode(stderr));
    return JSON.parse(printed);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

Deno.test("what the functions import is fetched once, frozen, with one line that says what", async () => {
  const { args, said } = await fetchWithEmptyCache({}) as { args: string[]; said: string[] };
  assertEquals(said.length, 1, said.join("\n"));
  assertStringIncludes(said[0] ?? "", "Fetching what the functions import: @supabase/supabase-js 2.");
  for (const flag of ["--frozen", "--cached-only", `--lock=${PROJECT}deno.lock`]) {
    assertEquals(args.includes(flag), true, args.join(" "));
  }
});

Deno.test("what can't be fetched is a sentence that names the settings, before anything else is started", async () => {
  const registry = "http://127.0.0.1:1/";
  const { name, message } = await fetchWithEmptyCache({
    NPM_CONFIG_REGISTRY: registry,
    npm_config_registry: registry,
  }) as { name: string; message: string };
  assertEquals(name, "Problem");
  for (const words of ["zod", "could not be fetched", "HTTPS_PROXY", "NODE_EXTRA_CA_CERTS", "Deno says:"]) {
    assertStringIncludes(message, words);
  }
});

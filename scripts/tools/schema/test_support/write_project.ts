import { dirname, join } from "@std/path";

export interface SchemaProject {
  /** Files by their path under `schemas`. */
  readonly schemas?: Record<string, string>;
  /** What `config.toml` lists, under `schemas`. Default: all of them as they stand there. */
  readonly listed?: readonly string[];
  /** Files by name. */
  readonly migrations?: Record<string, string>;
}

/** Writes a `supabase` folder of its own and runs something with its path. */
export async function withProject<T>(
  { schemas = {}, listed = Object.keys(schemas), migrations = {} }: SchemaProject,
  work: (supabaseFolder: string) => Promise<T>,
): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "schema-project-" });
  const write = async (path: string, text: string) => {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  };
  try {
    const paths = listed.map((path) => `./schemas/${path}`);
    await write("config.toml", `[db.migrations]\nschema_paths = ${JSON.stringify(paths)}\n`);
    await write("schemas/README.md", "The source of the schema.\n");
    for (const [path, text] of Object.entries(schemas)) await write(`schemas/${path}`, text);
    await Deno.mkdir(join(folder, "migrations"));
    for (const [name, text] of Object.entries(migrations)) await write(`migrations/${name}`, text);
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

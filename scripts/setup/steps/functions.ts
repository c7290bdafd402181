import { createHash } from "node:crypto";
import { relative } from "@std/path";
import { z } from "zod";
import { walk } from "../../command_line/walk.ts";
import { type Command, command, open, statement } from "../actions.ts";
import type { Hands } from "../hands.ts";
import { changed, FUNCTION_NAMES, type Project, remote, type Step, unchanged } from "../step.ts";

const listed = z.object({ functions: z.array(z.object({ slug: z.string(), version: z.number() })) });

export const listFunctions = (project: Project): Command => command(["functions", "list", remote(project)]);
/** Bundled by the platform, so no Docker is needed. It uploads everything each time: what is the same is not sent. */
const deploy = (project: Project): Command =>
  command(["functions", "deploy", ...FUNCTION_NAMES, "--use-api", remote(project), "--yes"]);

const DEPLOYED = statement("select function_name, source_hash, version from engine.deployments");
const note = (name: string, hash: string, version: number) =>
  statement(
    "insert into engine.deployments (function_name, source_hash, version) values ($1, $2, $3::text::integer) " +
      "on conflict (function_name) do update " +
      "set source_hash = excluded.source_hash, version = excluded.version, deployed_at = engine.clock()",
    open(name),
    open(hash),
    open(String(version)),
  );

/** The version of each function that the project has, by name. */
export async function functionVersions(project: Project, hands: Hands): Promise<Map<string, number>> {
  const { functions } = listed.parse(await hands.run(listFunctions(project)));
  return new Map(functions.map(({ slug, version }) => [slug, version]));
}

/** A hash of everything that decides what a function is: its files, the import map, and how it is deployed. */
export async function sourceHash(folder: string): Promise<string> {
  const paths = ["import_map.json", "supabase/config.toml"];
  for await (const path of walk(`${folder}/supabase/functions`)) {
    if (!/_test\.ts$/.test(path)) paths.push(relative(folder, path));
  }
  const hash = createHash("sha256");
  for (const path of paths.toSorted()) {
    const bytes = await Deno.readFile(`${folder}/${path}`);
    hash.update(`${path}:${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex");
}

/** The Edge Functions. */
export const functions: Step = {
  name: "functions",
  actions: (project) => [
    listFunctions(project),
    DEPLOYED,
    deploy(project),
    ...FUNCTION_NAMES.map((name) => note(name, "SHA-256 of the source", 1)),
  ],
  async run(project, hands, changedSoFar) {
    const hash = await sourceHash(project.folder);
    const there = await functionVersions(project, hands);
    const deployed = await hands.query<{ function_name: string; source_hash: string; version: number }>(
      DEPLOYED,
    );
    const isCurrent = (name: string) =>
      deployed.some((known) =>
        known.function_name === name && known.source_hash === hash && known.version === there.get(name)
      );
    // A warm isolate keeps the secrets that it began with for minutes; a new deployment has new isolates.
    if (!changedSoFar && FUNCTION_NAMES.every(isCurrent)) return unchanged("deployed as they are here");
    await hands.run(deploy(project));
    const versions = await functionVersions(project, hands);
    for (const name of FUNCTION_NAMES) await hands.query(note(name, hash, versions.get(name) ?? 0));
    return changed(`deployed ${FUNCTION_NAMES.join(" and ")}`);
  },
};

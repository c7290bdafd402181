import { parseEnv } from "node:util";
import { Problem } from "../command_line/problem.ts";

/** Whether this system knows who may read a file. */
const HAS_FILE_MODES = Deno.build.os !== "windows";
const OWNER_ONLY = 0o600;

/**
 * Reads `supabase/.env`, or a file like it; empty when there is none. A file that others on this machine may read is
 * closed to them.
 */
export async function readSettingsFile(path: string): Promise<Record<string, string>> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw new Problem(`${path} cannot be read: ${error instanceof Error ? error.message : error}.`, {
      cause: error,
    });
  }
  if (HAS_FILE_MODES) {
    const { mode } = await Deno.stat(path);
    if (mode !== null && (mode & 0o077) !== 0) await Deno.chmod(path, OWNER_ONLY);
  }
  const read = Object.entries(parseEnv(text)).filter(([, value]) => value?.trim());
  return Object.fromEntries(read.map(([name, value]) => [name, value?.trim() ?? ""]));
}

/**
 * Sets lines of a settings file and keeps every other line as it is; undefined removes one. The file is replaced at
 * once, so an interruption leaves the old one or the new one. Only its owner may read it.
 */
export async function writeSettingsFile(
  path: string,
  changes: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const old = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  await writePrivateFile(`${path}.new`, changeLines(old, changes));
  await Deno.rename(`${path}.new`, path);
}

/** Writes a file that only its owner may read, from its first byte on. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await Deno.remove(path).catch(() => {});
  await Deno.writeTextFile(path, text, { createNew: true, ...(HAS_FILE_MODES ? { mode: OWNER_ONLY } : {}) });
}

/** The text of a settings file with some lines set, removed or added at its end. */
export function changeLines(text: string, changes: Readonly<Record<string, string | undefined>>): string {
  const left = new Map(Object.entries(changes));
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const changed = lines.flatMap((line) => {
    const [, name = ""] = /^\s*(?:export\s+)?(\w+)\s*=/.exec(line) ?? [];
    if (!(name in changes)) return [line];
    const value = left.get(name);
    // Of several lines for one name the first one stays.
    left.delete(name);
    return value === undefined ? [] : [`${name}=${quote(name, value)}`];
  });
  const added = [...left].flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${quote(name, value)}`]
  );
  return [...changed, ...added].map((line) => `${line}\n`).join("");
}

/** A value as it stands in such a file, so that each of its readers reads the same. */
export function quote(name: string, value: string): string {
  if (/[\r\n]/.test(value)) {
    throw new Problem(`${name} has a line break in it, which a settings file cannot hold.`);
  }
  if (!value.includes("'")) return `'${value}'`;
  if (!value.includes("`")) return `\`${value}\``;
  throw new Problem(`${name} holds both ' and \`, which a settings file cannot hold: choose another one.`);
}

import { join } from "@std/path";
import type { Pinned } from "./pinned_package.ts";

/** What a lock file says of one package. */
interface LockedPackage {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
}

interface Lock {
  readonly version: string;
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, LockedPackage>>;
}

/** The same versions and checksums of these packages and all that they need, as a lock file of version 4. */
export function olderLock(lock: Lock, packages: readonly Pinned[]): Lock {
  const npm: Record<string, LockedPackage> = {};
  const keep = (key: string) => {
    const locked = lock.npm[key];
    if (locked === undefined) throw new Error(`The lock file has no ${key}`);
    if (npm[key] !== undefined) return;
    const { integrity, dependencies } = locked;
    npm[key] = { integrity, ...(dependencies === undefined ? {} : { dependencies }) };
    // A dependency stands with its version where the file has several of the package, otherwise by its name alone.
    for (const name of dependencies ?? []) {
      keep(
        lock.npm[name] ? name : Object.keys(lock.npm).find((other) => other.startsWith(`${name}@`)) ?? name,
      );
    }
  };
  for (const { name, version } of packages) keep(`${name}@${version}`);
  const specifiers = Object.fromEntries(
    packages.map(({ name, version }) => [`npm:${name}@${version}`, version]),
  );
  return { version: "4", specifiers, npm };
}

/** Writes that lock file into a folder, and resolves to its path. */
export async function writeOlderLock(
  lockFile: string,
  packages: readonly Pinned[],
  folder: string,
): Promise<string> {
  const lock = JSON.parse(await Deno.readTextFile(lockFile)) as Lock;
  const path = join(folder, "older_deno.lock");
  await Deno.writeTextFile(path, JSON.stringify(olderLock(lock, packages)));
  return path;
}

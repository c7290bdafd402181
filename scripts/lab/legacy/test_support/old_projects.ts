/** An old database of each era, made once a test file and copied for each test. */

import { applyMigrations } from "../../platform/migrations.ts";
import type { Sql } from "../../platform/database.ts";
import { fromFileUrl } from "@std/path";
import type { Era } from "../eras.ts";
import { writeOldDatabase } from "../write_old_database.ts";
import { copyProject, type EmptyProject, makeEmptyProject } from "./projects.ts";

export const MIGRATIONS = fromFileUrl(new URL("../../../../supabase/migrations", import.meta.url));
export const ADOPTION = "20261124000000";
const DAYS = [{ first: "2022-12-26", last: "2022-12-26" }, { first: "2025-10-11", last: "2025-10-11" }];

export class OldProjects implements AsyncDisposable {
  readonly #adminUrl: string;
  readonly #prefix: string;
  readonly #made = new Map<Era, Promise<EmptyProject>>();

  /** @param prefix of the databases' names: test files share a server */
  constructor(adminUrl: string, prefix: string) {
    this.#adminUrl = adminUrl;
    this.#prefix = prefix;
  }

  async copy(era: Era, name: string): Promise<EmptyProject> {
    const first = `${this.#prefix}_made_${era}`;
    let making = this.#made.get(era);
    if (making === undefined) {
      making = this.#make(era, first);
      this.#made.set(era, making);
    }
    await making;
    return await copyProject(this.#adminUrl, first, `${this.#prefix}_${name}`);
  }

  async #make(era: Era, name: string): Promise<EmptyProject> {
    const project = await makeEmptyProject(this.#adminUrl, name);
    const sql = project.connect();
    await writeOldDatabase(sql, { era, days: DAYS });
    await sql.end({ timeout: 5 });
    return project;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const project of this.#made.values()) await (await project)[Symbol.asyncDispose]();
  }
}

/** Applies the first migration alone, as it is in a project whose next one did not come through. */
export async function adopt(sql: Sql): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for await (const { name } of Deno.readDir(MIGRATIONS)) {
      if (name.startsWith(ADOPTION)) await Deno.copyFile(`${MIGRATIONS}/${name}`, `${folder}/${name}`);
    }
    await applyMigrations(sql, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

import { join } from "@std/path";

/** Every file in a folder and the folders in it. */
export async function* walk(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* walk(path);
    else if (isFile) yield path;
  }
}

import { explain } from "../../command_line/problem.ts";
import { watchFolder } from "./janitor.ts";

/** A folder that goes with the platform, even when the process is killed. */
export async function temporaryFolder(resources: AsyncDisposableStack): Promise<string> {
  let folder: string;
  try {
    folder = await Deno.makeTempDir({ prefix: "darkhorses-" });
  } catch (error) {
    throw explain(
      error,
      `The folder for temporary files${Deno.env.get("TMPDIR") ? ` (${Deno.env.get("TMPDIR")})` : ""}`,
    );
  }
  const janitor = watchFolder(folder);
  resources.defer(async () => {
    await Deno.remove(folder, { recursive: true });
    await janitor.dismiss();
  });
  return folder;
}

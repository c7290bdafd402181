/**
 * Cleans up after a platform whose process died without stopping it (SIGKILL, a crash, a lost terminal).
 *
 * It is a shell that waits for the end of its standard input. The kernel closes that pipe when the platform's process
 * ends, however it ends; the shell then stops the database that still runs in the folder and removes the folder. After
 * a clean stop the folder is gone and there is nothing to do.
 */
const SCRIPT = `
trap '' INT TERM HUP
cat > /dev/null
attempts=0
while [ -e "$1" ] && [ "$attempts" -lt 50 ]; do
  attempts=$((attempts + 1))
  if [ -r "$1/data/postmaster.pid" ]; then
    postmaster=$(head -n 1 "$1/data/postmaster.pid")
    [ -n "$postmaster" ] && kill -QUIT "$postmaster" 2> /dev/null && sleep 0.2
  fi
  rm -rf "$1" 2> /dev/null || sleep 0.1
done
`;

export interface Janitor {
  /** Dismisses the janitor, after a clean stop has removed the folder. */
  dismiss(): Promise<void>;
}

/** Watches over `folder` until dismissed. On Windows, which has no `sh`, nothing watches. */
export function watchFolder(folder: string): Janitor {
  if (Deno.build.os === "windows") return { dismiss: () => Promise.resolve() };
  const shell = new Deno.Command("/bin/sh", {
    args: ["-c", SCRIPT, "janitor", folder],
    cwd: "/",
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    // Out of the terminal's process group: Ctrl+C is for the platform, not for its janitor.
    detached: true,
  }).spawn();
  return {
    async dismiss() {
      await shell.stdin.close();
      await shell.status;
    },
  };
}

import { fromFileUrl } from "@std/path";
import { stopOnSignal } from "../command_line/shutdown.ts";
import { Problem } from "../command_line/problem.ts";

/** The version of the CLI that every command of this project uses, and that README names. */
export const CLI_VERSION = "3.1.0";

/** The folder that has supabase/. */
export const CHECKOUT = fromFileUrl(new URL("../../", import.meta.url));

/** No command takes minutes. One that waits for input, or for a network that drops packets, is ended. */
const LIMIT_MINUTES = 10;

/** What a command of the CLI left behind. */
export interface CliResult {
  readonly success: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where and with what a command of the CLI runs. */
export interface CliOptions {
  /** The folder that has supabase/. Default: this checkout. */
  readonly folder?: string;
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A command of the CLI, as a shell would take it. */
export function cliCommand(args: readonly string[]): string[] {
  return ["npx", "-y", `supabase@${CLI_VERSION}`, ...args];
}

/** Where npx has put the CLI; found once. */
let installed: Promise<string[]> | undefined;

/**
 * The CLI's own program in what npx keeps: npx takes longer to start than most of its commands, and the script that npx
 * starts takes a third of a second to start this. As npx would start it, where that can't be told.
 */
async function findCli(): Promise<string[]> {
  const byNpx = cliCommand([]);
  if (Deno.build.os === "windows") return byNpx;
  const show = 'process.stdout.write(process.env.PATH.split(":")[0])';
  const { success, stdout } = await new Deno.Command("npx", {
    args: ["-y", "--package", `supabase@${CLI_VERSION}`, "--", "node", "-e", show],
    stdin: "null",
    stderr: "null",
  }).output();
  if (!success) return byNpx;
  const folder = new TextDecoder().decode(stdout);
  const machine = `${Deno.build.os}-${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`;
  for (const path of [`${folder}/../@supabase/cli-${machine}/bin/supabase`, `${folder}/supabase`]) {
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return [path];
  }
  return byNpx;
}

/** Runs a command of the supabase CLI. Other users of the machine see `args`: no secret may be in them. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { folder = CHECKOUT, environment = {} } = options;
  const [program = "", ...first] = await (installed ??= findCli());
  const child = new Deno.Command(program, {
    args: [...first, ...args],
    cwd: folder,
    // It would call home, and print a remark about a newer version.
    env: {
      NO_COLOR: "1",
      SUPABASE_TELEMETRY_DISABLED: "1",
      SUPABASE_NO_UPDATE_NOTIFIER: "1",
      ...environment,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // A group of its own, so that what npx starts ends with it.
    detached: true,
  }).spawn();
  const end = () => {
    try {
      Deno.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  };
  let ended = false;
  const limit = setTimeout(() => {
    ended = true;
    end();
  }, LIMIT_MINUTES * 60_000);
  const forget = stopOnSignal(() => Promise.resolve(end()));
  try {
    const { success, stdout, stderr } = await child.output();
    if (ended) throw new Problem(`"supabase ${args.join(" ")}" was ended after ${LIMIT_MINUTES} minutes.`);
    const decoder = new TextDecoder();
    return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } finally {
    clearTimeout(limit);
    forget();
  }
}

import { eachLine } from "../platform/waiting.ts";
import { until } from "./until.ts";

/** What a program has said so far. */
export interface Said {
  /** Whole lines. */
  text: string;
  /** Resolves when the program has said everything. */
  readonly all: Promise<void>;
}

/** Gathers what a program says. */
export function gather(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Said {
  const said = { text: "", all: Promise.resolve() };
  said.all = eachLine(stream, (line) => said.text += `${line}\n`);
  return said;
}

/**
 * Waits for something that a program does. When that does not come in time, or the program ends before, it fails and
 * leaves no program behind.
 *
 * @param more Said with the failure, such as what the program said.
 */
export async function untilProgram(
  program: Deno.ChildProcess,
  condition: () => boolean | Promise<boolean>,
  what: string,
  more: () => string = () => "",
): Promise<void> {
  let ended = false;
  void program.status.then(() => ended = true);
  const holds = async () => {
    // Asked first: what it did before its end counts.
    const hasEnded = ended;
    if (await condition()) return true;
    if (hasEnded) throw new Error(`The program ended before ${what}\n${more()}`);
    return false;
  };
  try {
    await until(holds, what, { more });
  } catch (error) {
    if (!ended) program.kill("SIGKILL");
    await program.status;
    throw error;
  }
}

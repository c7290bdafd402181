/**
 * What has to be stopped when the process ends before its work is done. Ctrl+C and SIGTERM run every stop, newest
 * first, and exit with the code a shell expects (130, 143, 129 for a closed terminal); a second signal exits at once.
 * `endWith` does the same for code that cannot go on.
 */

const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof EXIT_CODES;
// Windows knows no SIGTERM that a process could listen for.
const SIGNALS: Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGHUP", "SIGINT", "SIGTERM"];

const stops: (() => Promise<void>)[] = [];
let ending = false;

const listeners = new Map<Signal, () => void>(
  SIGNALS.map((signal) => [signal, () => void endBySignal(signal)]),
);

async function endBySignal(signal: Signal): Promise<void> {
  if (ending) Deno.exit(EXIT_CODES[signal]);
  await endWith(EXIT_CODES[signal]);
}

/** Runs every stop, newest first, and exits with the code. Only the first call has an effect. */
export async function endWith(code: number): Promise<void> {
  if (ending) return;
  ending = true;
  for (const stop of [...stops].reverse()) {
    try {
      await stop();
    } catch (error) {
      console.error(`While stopping: ${error instanceof Error ? error.message : error}`);
    }
  }
  Deno.exit(code);
}

/** Whether the process is ending. Errors from then on can be ignored. */
export function isEnding(): boolean {
  return ending;
}

/**
 * Runs `stop` when the process is told to end. Returns a function that takes it off the list again; with nothing on the
 * list the signals do what they do by default.
 */
export function stopOnSignal(stop: () => Promise<void>): () => void {
  if (stops.length === 0) {
    for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  }
  stops.push(stop);
  return () => {
    const index = stops.indexOf(stop);
    if (index < 0) return;
    stops.splice(index, 1);
    // Once the process is ending the listeners must stay: a signal then exits with its own code.
    if (stops.length > 0 || ending) return;
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  };
}

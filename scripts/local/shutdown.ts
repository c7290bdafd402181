/**
 * What has to be stopped when the process is told to end: Ctrl+C and SIGTERM run every stop, newest first, and exit with
 * the code a shell expects (130, 143). A second signal exits at once.
 */

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof EXIT_CODES;
// Windows knows no SIGTERM that a process could listen for.
const SIGNALS: Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

const stops: (() => Promise<void>)[] = [];
let received: Signal | undefined;

const listeners = new Map<Signal, () => void>(
  SIGNALS.map((signal) => [signal, () => void shutDown(signal)]),
);

async function shutDown(signal: Signal): Promise<void> {
  if (received !== undefined) Deno.exit(EXIT_CODES[signal]);
  received = signal;
  for (const stop of [...stops].reverse()) {
    try {
      await stop();
    } catch (error) {
      console.error(`While stopping: ${error instanceof Error ? error.message : error}`);
    }
  }
  Deno.exit(EXIT_CODES[signal]);
}

/** The signal that is ending this process, if one has come. */
export function endingSignal(): string | undefined {
  return received;
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
    // Once a signal has come its listener must stay: the process is about to exit with that signal's code.
    if (stops.length > 0 || received !== undefined) return;
    for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  };
}

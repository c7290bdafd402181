/** One line a step: what it is, and once it has ended what came of it. A step that says nothing leaves no line. */
export interface Progress {
  /** Runs a step under its name. A step that fails is marked, and its error goes on. */
  step<T extends { readonly says: string }>(name: string, work: () => Promise<T>): Promise<T>;
  say(text: string): void;
}

const WIDTH = 15;

/**
 * Writes to a stream. On a terminal the line of a step is there while it works.
 *
 * @param write Gets text as it is to appear.
 */
export function createProgress(write: (text: string) => void, isTerminal: boolean): Progress {
  const line = (mark: string, name: string, says: string) =>
    `${mark} ${name.padEnd(WIDTH)} ${says}`.trimEnd();
  return {
    async step(name, work) {
      if (isTerminal) write(line("…", name, ""));
      const replace = isTerminal ? "\r\x1b[K" : "";
      try {
        const outcome = await work();
        write(outcome.says === "" ? replace : `${replace}${line("✓", name, outcome.says)}\n`);
        return outcome;
      } catch (error) {
        write(`${replace}${line("✗", name, "")}\n`);
        throw error;
      }
    },
    say: (text) => write(`${text}\n`),
  };
}

import { mostWithin } from "./arithmetic.ts";

/** What the isolates' end is noted with; the platform keeps that apart from what a function writes. */
const SHUTDOWN = '{"event":"shutdown"';
const WINDOW_MILLISECONDS = 10_000;

/** Counts what the functions write to their logs. */
export class LineWatch {
  readonly #moments = new Map<string, number[]>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  readonly onFunctionLog = (line: string, functionName: string): void => {
    if (line.startsWith(SHUTDOWN)) return;
    const moments = this.#moments.get(functionName) ?? [];
    moments.push(this.now());
    this.#moments.set(functionName, moments);
  };

  /** All lines so far. */
  get lines(): number {
    return Array.from(this.#moments.values()).reduce((sum, moments) => sum + moments.length, 0);
  }

  /** The most lines of one function within any ten seconds. */
  get mostInTenSeconds(): number {
    return Math.max(
      0,
      ...Array.from(this.#moments.values(), (moments) => mostWithin(moments, WINDOW_MILLISECONDS)),
    );
  }
}

import type { IsolateWork } from "../platform/platform.ts";
import { type ProcessMemory, type ProcessTimes, readMemory, readTimes } from "./processes.ts";

/** What an isolate did from when it began to work until it had nothing left to do. */
interface Spell {
  cpuSeconds: number;
  readonly answers: number[];
}

/** How it looks at processes; it can be replaced by a test. */
export interface ReadProcess {
  readonly times: (pid: number) => Pick<ProcessTimes, "cpuSeconds"> | undefined;
  readonly memory: (pid: number) => ProcessMemory | undefined;
}

/** The answer of a function that has taken a chunk and works on it in the background. */
const CLAIMED = 202;

/**
 * Takes the processor time and the memory of isolates, each of which is a process here, whenever one begins and ends
 * to work. So an invocation's time is all that its process did for it: asking, reading, sending, collecting garbage.
 * The start of an isolate is not in it.
 */
export class InvocationWatch {
  /** All requests that a function answered, those that found nothing to do too. */
  requests = 0;
  /** The most that an isolate had before its first request, and at any time; null where it can't be read. */
  memory: { readonly beforeWork: number; readonly peak: number } | null = null;
  readonly #spells: Spell[] = [];
  readonly #lastOf = new Map<number, Spell>();
  readonly #begun = new Map<number, { readonly spell: Spell; readonly cpuSeconds: number }>();

  constructor(private readonly read: ReadProcess = { times: readTimes, memory: readMemory }) {}

  readonly onWork = ({ pid, does, status = 0 }: IsolateWork): void => {
    if (does === "begin") this.#begin(pid);
    if (does === "answer") {
      this.requests++;
      this.#begun.get(pid)?.spell.answers.push(status);
    }
    if (does === "end") this.#end(pid);
  };

  /** Of each invocation that took a chunk, as long as its isolate did nothing else meanwhile. */
  get cpuSeconds(): number[] {
    return this.#spells
      .filter(({ answers: [first, ...others] }) => first === CLAIMED && others.length === 0)
      .map(({ cpuSeconds }) => cpuSeconds);
  }

  #begin(pid: number): void {
    const times = this.read.times(pid);
    if (times === undefined) return;
    const isFirst = !this.#lastOf.has(pid);
    const spell: Spell = { cpuSeconds: 0, answers: [] };
    this.#begun.set(pid, { spell, cpuSeconds: times.cpuSeconds });
    if (isFirst) this.#noteMemory(pid, true);
  }

  #end(pid: number): void {
    const begun = this.#begun.get(pid);
    const times = this.read.times(pid);
    this.#begun.delete(pid);
    if (begun === undefined || times === undefined) return;
    const { spell } = begun;
    spell.cpuSeconds = times.cpuSeconds - begun.cpuSeconds;
    this.#noteMemory(pid, false);
    const last = this.#lastOf.get(pid);
    if (spell.answers.length === 0 && last !== undefined) {
      // That it works in the background was heard after its answer: the same invocation goes on.
      last.cpuSeconds += spell.cpuSeconds;
      return;
    }
    this.#spells.push(spell);
    this.#lastOf.set(pid, spell);
  }

  #noteMemory(pid: number, isBeforeWork: boolean): void {
    const memory = this.read.memory(pid);
    if (memory === undefined) return;
    const { beforeWork, peak } = this.memory ?? { beforeWork: 0, peak: 0 };
    this.memory = {
      beforeWork: isBeforeWork ? Math.max(beforeWork, memory.residentBytes) : beforeWork,
      peak: Math.max(peak, memory.peakBytes),
    };
  }
}

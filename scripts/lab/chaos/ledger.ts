import { FAULT_KINDS, type FaultKind } from "./fault_kinds.ts";

/** A lease that a fault took its invocation from. */
export interface BrokenLease {
  readonly chunk: number;
  readonly token: string;
}

/** Leases that were broken at a time. */
export interface Broken {
  readonly leases: readonly BrokenLease[];
  /** The highest id in the error log so far. The interruption that follows has a higher one. */
  readonly afterError: number;
}

/** A fault that finds its own traces: how many are due, and how many it found in the end. */
export interface Witness {
  due(): number;
  found(): number;
}

/** What is to be found of a fault afterwards. */
export type Evidence =
  /** A line of the functions' log, or a row that no other kind leaves. */
  | { readonly type: "of its kind" }
  /** An interruption for each lease. */
  | { readonly type: "interruptions" } & Broken
  /** What the fault itself looks for. */
  | { readonly type: "witness"; readonly witness: Witness }
  /** A row about the dispatch with this id. */
  | { readonly type: "dispatch"; readonly id: number | undefined }
  /** Nothing: no invocation was affected. */
  | { readonly type: "none" };

/** One fault that was injected. */
export interface Injection {
  readonly kind: FaultKind;
  /** What it happened to. */
  readonly about: string;
  /** When, in the ledger's milliseconds. */
  readonly at: number;
  readonly evidence: Evidence;
}

/** Longer than a fault takes to be logged: a timeout, and the call that logs it. */
const UNTIL_NOTED_MILLISECONDS = 4000;

/** What was injected. */
export class FaultLedger {
  readonly #injections: Injection[] = [];
  readonly #now: () => number;
  /** Invocations that were ended during their work. */
  invocationsKilled = 0;
  readonly #brokenLeases = new Set<string>();
  readonly #endings: number[] = [];
  #hiddenUntil = -Infinity;
  readonly #onHidden: (kind: FaultKind) => void;

  /**
   * @param onHidden Called when no fault of a kind has to leave a trace, because the invocations that should have
   * logged them were ended.
   * @param now Milliseconds that never jump. Default: `performance.now`.
   */
  constructor(onHidden: (kind: FaultKind) => void = () => {}, now = () => performance.now()) {
    this.#onHidden = onHidden;
    this.#now = now;
  }

  /** In the order of injection. */
  get injections(): readonly Injection[] {
    return this.#injections;
  }

  of(kind: FaultKind): Injection[] {
    return this.#injections.filter((injection) => injection.kind === kind);
  }

  /** @param milliseconds How long after now it happens. */
  note(kind: FaultKind, about: string, evidence: Evidence = { type: "of its kind" }, milliseconds = 0): void {
    this.#injections.push({ kind, about, evidence, at: this.#now() + milliseconds });
    // The invocation may have lost its lease without knowing it yet.
    if (this.#now() < this.#hiddenUntil) this.#hideSince(this.#now());
  }

  /** Notes a fault that breaks leases. A lease that was already broken leaves no second interruption. */
  noteBroken(kind: FaultKind, about: string, { leases, afterError }: Broken): void {
    const fresh = leases.filter(({ token }) => !this.#brokenLeases.has(token));
    for (const { token } of fresh) this.#brokenLeases.add(token);
    this.broken();
    this.note(kind, about, { type: "interruptions", leases: fresh, afterError });
  }

  /** Invocations were ended or cut off. Faults around now may leave no trace. */
  broken(): void {
    this.#hiddenUntil = this.#now() + UNTIL_NOTED_MILLISECONDS;
    this.#hideSince(this.#now() - UNTIL_NOTED_MILLISECONDS);
  }

  /** Whether a fault has taken the lease from its invocation. */
  isBroken({ token }: BrokenLease): boolean {
    return this.#brokenLeases.has(token);
  }

  /** An invocation ended in the middle of its work, by itself. */
  ended(): void {
    this.#endings.push(this.#now());
    this.broken();
  }

  /** Whether invocations were ended or ended by themselves between two moments of `performance.now`. */
  hasEndings(from: number, to: number): boolean {
    return this.#endings.some((at) => at >= from && at <= to);
  }

  /** All isolates were killed: what was still to happen to them does not. */
  killed(): void {
    this.#endings.push(this.#now());
    this.#hide(({ at }) => at > this.#now());
  }

  #hideSince(since: number): void {
    this.#hide(({ at, kind }) => at >= since && FAULT_KINDS[kind].notedByInvocation === true);
  }

  #hide(isHidden: (injection: Injection) => boolean): void {
    for (const [index, injection] of this.#injections.entries()) {
      if (injection.evidence.type !== "of its kind" || !isHidden(injection)) continue;
      this.#injections[index] = { ...injection, evidence: { type: "none" } };
      const { kind } = injection;
      if (this.of(kind).every(({ evidence }) => evidence.type === "none")) this.#onHidden(kind);
    }
  }
}

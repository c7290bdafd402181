import { chance } from "./chance.ts";
import { FAULT_KINDS, type FaultKind } from "./fault_kinds.ts";

/** Decides, from a seed, which fault happens on which occasion. */
export class FaultPlan {
  readonly #kinds: ReadonlySet<FaultKind>;
  readonly #timesOf = new Map<string, number>();
  readonly #occasions = new Map<FaultKind, number>();
  readonly #chosen = new Set<FaultKind>();

  constructor(readonly seed: number, kinds: Iterable<FaultKind>) {
    this.#kinds = new Set(kinds);
  }

  /** Whether the kind takes part. */
  has(kind: FaultKind): boolean {
    return this.#kinds.has(kind);
  }

  /**
   * Which of the kinds happens on this occasion, if any.
   *
   * @param concerns What it is about ("results 100"): the nth occasion with the same concern gets the same decision in
   * each run of the seed. Only a kind's first time, which every seed has, depends on the order of all its occasions.
   */
  decide(kinds: readonly FaultKind[], concerns: string): FaultKind | undefined {
    const candidates = kinds.filter((kind) => this.has(kind));
    if (candidates.length === 0) return undefined;
    const key = `${kinds.join()} ${concerns}`;
    const nth = (this.#timesOf.get(key) ?? 0) + 1;
    this.#timesOf.set(key, nth);
    for (const kind of candidates) this.#occasions.set(kind, (this.#occasions.get(kind) ?? 0) + 1);

    const overdue = candidates.filter((kind) =>
      !this.#chosen.has(kind) && (this.#occasions.get(kind) ?? 0) >= this.#firstOccasion(kind)
    );
    const fitting = overdue.length > 0
      ? overdue
      : candidates.filter((kind) => chance(this.seed, kind, concerns, nth) < FAULT_KINDS[kind].rate);
    const [chosen] = fitting.toSorted((a, b) =>
      chance(this.seed, a, concerns, nth, "first") - chance(this.seed, b, concerns, nth, "first")
    );
    if (chosen !== undefined) this.#chosen.add(chosen);
    return chosen;
  }

  /** The kind could not be injected on the chosen occasion, so it is still due. */
  takeBack(kind: FaultKind): void {
    this.#chosen.delete(kind);
  }

  #firstOccasion(kind: FaultKind): number {
    return 1 + Math.floor(chance(this.seed, kind, "first occasion") * FAULT_KINDS[kind].firstWithin);
  }
}

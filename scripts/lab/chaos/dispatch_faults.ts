import type { Delivery, Dispatch } from "../platform/platform.ts";
import { pause } from "../platform/waiting.ts";
import { chooseBetween } from "./chance.ts";
import type { FaultPlan } from "./fault_plan.ts";
import type { FaultLedger } from "./ledger.ts";

/** What the body of a dispatch says. */
function readDispatch(body: unknown): { feed: string; id: number | undefined } {
  const { feed, dispatch } = (body ?? {}) as Record<string, unknown>;
  return { feed: String(feed), id: typeof dispatch === "number" ? dispatch : undefined };
}

/**
 * Loses, doubles and delays dispatches as the plan says.
 *
 * @param giveUp Moves time forward until a dispatch in transit counts as lost, then sweeps.
 */
export function dispatchFaults(
  plan: FaultPlan,
  ledger: FaultLedger,
  giveUp: () => Promise<unknown>,
): (dispatch: Dispatch) => Delivery {
  const lastWasLost = new Map<string, boolean>();
  return ({ body }) => {
    const { feed, id } = readDispatch(body);
    // While every dispatch is lost, the error log has one row for all of them.
    const sparing = lastWasLost.get(feed) === true;
    lastWasLost.set(feed, false);
    const kind = sparing ? undefined : plan.decide(["lost_calls", "doubled_calls", "late_calls"], feed);
    switch (kind) {
      case "lost_calls":
        lastWasLost.set(feed, true);
        ledger.note(kind, `${feed} ${id ?? ""}`, { type: "dispatch", id });
        return "drop";
      case "doubled_calls":
        ledger.note(kind, `${feed} ${id ?? ""}`);
        return "twice";
      case "late_calls": {
        lastWasLost.set(feed, true);
        ledger.note(kind, `${feed} ${id ?? ""}`, { type: "dispatch", id });
        const later = chooseBetween(0, 2000, plan.seed, kind, feed, id ?? 0);
        return { lateUntil: giveUp().then(() => pause(later), () => {}) };
      }
      default:
        return "deliver";
    }
  };
}

import type { ChainedCall, Delivery } from "../platform/platform.ts";
import { pause } from "../platform/waiting.ts";
import { chooseBetween } from "./chance.ts";
import type { FaultPlan } from "./fault_plan.ts";
import type { FaultLedger } from "./ledger.ts";

/** What the body of a chained call says. */
function readCall(body: unknown): { feed: string; call: number | undefined } {
  const { feed, dispatch } = (body ?? {}) as Record<string, unknown>;
  return { feed: String(feed), call: typeof dispatch === "number" ? dispatch : undefined };
}

/**
 * Loses, doubles and delays chained calls as the plan says.
 *
 * @param giveUp Puts the time forward until a call that is on its way counts as lost, and sweeps.
 */
export function callFaults(
  plan: FaultPlan,
  ledger: FaultLedger,
  giveUp: () => Promise<unknown>,
): (call: ChainedCall) => Delivery {
  const lastWasLost = new Map<string, boolean>();
  return ({ body }) => {
    const { feed, call } = readCall(body);
    // While nobody comes at all, the error log has one row for all of them.
    const sparing = lastWasLost.get(feed) === true;
    lastWasLost.set(feed, false);
    const kind = sparing ? undefined : plan.decide(["lost_calls", "doubled_calls", "late_calls"], feed);
    switch (kind) {
      case "lost_calls":
        lastWasLost.set(feed, true);
        ledger.note(kind, `${feed} ${call ?? ""}`, { type: "call", call });
        return "drop";
      case "doubled_calls":
        ledger.note(kind, `${feed} ${call ?? ""}`);
        return "twice";
      case "late_calls": {
        lastWasLost.set(feed, true);
        ledger.note(kind, `${feed} ${call ?? ""}`, { type: "call", call });
        const later = chooseBetween(0, 2000, plan.seed, kind, feed, call ?? 0);
        return { lateUntil: giveUp().then(() => pause(later), () => {}) };
      }
      default:
        return "deliver";
    }
  };
}

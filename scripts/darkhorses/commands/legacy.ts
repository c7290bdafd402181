import { buildRouteMap } from "@stricli/core";
import { copy } from "./legacy_copy.ts";
import { drop } from "./legacy_drop.ts";
import { report } from "./legacy_report.ts";
import { undo } from "./legacy_undo.ts";

/** What concerns a database of the earlier system that setup took over. */
export const legacy = buildRouteMap({
  routes: { report, copy, undo, drop },
  docs: {
    brief:
      "An old database that was taken over: report on it, copy what only it has, put it back, or remove it",
  },
});

import { buildRouteMap } from "@stricli/core";
import { drop } from "./legacy_drop.ts";
import { undo } from "./legacy_undo.ts";

/** What concerns a database of the earlier system that setup took over. */
export const legacy = buildRouteMap({
  routes: { undo, drop },
  docs: { brief: "An old database that was taken over: put it back, or remove it once ours have its rows" },
});

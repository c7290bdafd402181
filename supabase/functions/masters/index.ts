/** Pulls regions, courses and the profiles of horses, and keeps the known bookmakers: one chunk per request. */
import { serve } from "../_shared/worker/serve.ts";

serve("masters", ["masters", "horses", "legacy"]);

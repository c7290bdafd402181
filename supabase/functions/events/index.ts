/** Pulls racecards or results: one chunk per request. */
import { serve } from "../_shared/worker/serve.ts";

serve("events", ["racecards", "results"]);

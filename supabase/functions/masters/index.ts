/** Pulls regions and courses and keeps the known bookmakers: one chunk of the masters feed per request. */
import { serve } from "../_shared/worker/serve.ts";

serve("masters", ["masters"]);

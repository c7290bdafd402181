import { runMain } from "./command_line/run_main.ts";
import { runDarkhorses } from "./darkhorses/application.ts";
import { terminal } from "./darkhorses/surroundings.ts";

if (import.meta.main) await runMain(() => runDarkhorses(Deno.args, terminal()));

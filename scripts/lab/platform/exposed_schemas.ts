import { parse } from "@std/toml";
import { z } from "zod";

const config = z.object({ api: z.object({ schemas: z.array(z.string()).min(1) }) });

/** The schemas that supabase/config.toml has the API serve, the default one first. */
export function readExposedSchemas(toml: string): readonly string[] {
  return config.parse(parse(toml)).api.schemas;
}

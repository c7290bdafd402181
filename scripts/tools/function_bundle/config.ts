import { parse } from "@std/toml";
import { z } from "zod";

const config = z.object({
  functions: z.record(
    z.string(),
    z.object({ verify_jwt: z.boolean().optional(), import_map: z.string().optional() }),
  ).default({}),
});

/** What supabase/config.toml says of a function. */
export interface FunctionConfig {
  readonly verifyJwt: boolean | undefined;
  readonly importMap: string | undefined;
}

/** Reads the sections `[functions.<name>]`. */
export function readFunctionConfigs(toml: string): Map<string, FunctionConfig> {
  const { functions } = config.parse(parse(toml));
  return new Map(
    Object.entries(functions).map((
      [name, { verify_jwt, import_map }],
    ) => [name, { verifyJwt: verify_jwt, importMap: import_map }]),
  );
}

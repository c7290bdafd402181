/** What supabase/config.toml says of a function. */
export interface FunctionConfig {
  readonly verifyJwt: string | undefined;
  readonly importMap: string | undefined;
}

/** Reads the sections `[functions.<name>]`; their values are one to a line. */
export function readFunctionConfigs(toml: string): Map<string, FunctionConfig> {
  const configs = new Map<string, FunctionConfig>();
  for (const section of toml.split(/^(?=\[)/m)) {
    const [, name] = section.match(/^\[functions\.([\w-]+)\]/) ?? [];
    if (name === undefined) continue;
    const value = (key: string) =>
      section.match(new RegExp(`^${key}\\s*=\\s*"?([^"\\n]*?)"?\\s*$`, "m"))?.[1];
    configs.set(name, { verifyJwt: value("verify_jwt"), importMap: value("import_map") });
  }
  return configs;
}

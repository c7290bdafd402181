/** An entry of the import map: a package of npm, its exact version, and a file in it. */
export interface Pinned {
  readonly name: string;
  readonly version: string;
  readonly path: string;
}

/** Reads `npm:name@1.2.3/path`; undefined when it is anything else or not pinned to one version. */
export function readPinned(specifier: string): Pinned | undefined {
  const [, name, version, path = ""] =
    specifier.match(/^npm:((?:@[\w.-]+\/)?[\w.-]+)@(\d+\.\d+\.\d+(?:-[\w.]+)?)(\/.+)?$/) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version, path };
}

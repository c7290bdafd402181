/** What the platform's child Deno processes need from the caller's environment: the cache and the network settings. */

/** Where Deno keeps its cache and its temporary files. */
const PLACES = [
  "PATH",
  "HOME",
  "USERPROFILE",
  "LOCALAPPDATA",
  "SystemRoot",
  "TMPDIR",
  "TEMP",
  "TMP",
  "XDG_CACHE_HOME",
  "DENO_DIR",
];

/** Certificates: Deno's own variables, Node's, which Deno reads too, and OpenSSL's. */
const CERTIFICATES = [
  "DENO_CERT",
  "DENO_TLS_CA_STORE",
  "NODE_EXTRA_CA_CERTS",
  "NODE_USE_SYSTEM_CA",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

/** These are read in capitals and in small letters. */
const NETWORK = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "NPM_CONFIG_REGISTRY",
  "NPM_CONFIG_USERCONFIG",
];

/** Every variable that is passed on. */
export const PASSED_ON: readonly string[] = [
  ...PLACES,
  ...CERTIFICATES,
  ...NETWORK.flatMap((name) => [name, name.toLowerCase()]),
];

/** Reads a variable, as `Deno.env.get` does. */
type GetVariable = (name: string) => string | undefined;

/**
 * The caller's variables that a child process gets, so that a company certificate, a proxy or a private registry works
 * there too. It gets nothing else from the caller's environment.
 */
export function passedOn(get: GetVariable = (name) => Deno.env.get(name)): Record<string, string> {
  return Object.fromEntries(PASSED_ON.flatMap((name) => {
    const value = get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/**
 * What an older Deno needs in addition: before 2.4 it does not read NODE_EXTRA_CA_CERTS, which takes the machine's
 * certificates for the parent.
 */
export function forOlderDeno(get: GetVariable = (name) => Deno.env.get(name)): Record<string, string> {
  const certificates = get("NODE_EXTRA_CA_CERTS");
  if (certificates !== undefined && get("DENO_CERT") === undefined) return { DENO_CERT: certificates };
  return {};
}

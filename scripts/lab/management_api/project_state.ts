/** What the platform knows of the account's projects, and of the one that is really there. */

/** A project of the account, as the API lists it. */
export interface ListedProject {
  /** Twenty lower-case letters. */
  readonly ref: string;
  readonly name: string;
  readonly region: string;
  /** `INACTIVE`: paused. */
  status: "ACTIVE_HEALTHY" | "INACTIVE" | "COMING_UP";
  /** `17.6.1.001`; its first number is the major version of Postgres. */
  readonly databaseVersion: string;
}

/** A function as it is deployed. */
export interface DeployedFunction {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  /** Goes up with each deployment, of the same files too. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly bundle: Bundle;
}

/** What a function was uploaded as: which files, and how they are started. */
export interface Bundle {
  /** SHA-256 of the files and of how they are started, in hexadecimal. */
  readonly sha256: string;
  /** The first module among the files. */
  readonly entrypoint: string;
  /** The import map among the files. */
  readonly importMap: string | undefined;
  /** Whether the platform lets in callers with a JWT only. */
  readonly verifyJwt: boolean;
}

/** A secret, and when it was set. */
export interface Secret {
  readonly value: string;
  readonly updatedAt: string;
}

/** The settings of a project's REST API. */
export interface RestSettings {
  /** The schemas that it serves, separated by commas; the first is the default. */
  db_schema: string;
  readonly max_rows: number;
  readonly db_extra_search_path: string;
}

/** All that the API answers from, and changes. */
export interface ProjectState {
  /** The access tokens that are let in. */
  readonly tokens: Set<string>;
  readonly projects: Map<string, ListedProject>;
  /** The one that is really there. */
  readonly ref: string;
  /** Those that `secrets set` set. */
  readonly secrets: Map<string, Secret>;
  /** Those that every project has: `SUPABASE_URL` and others. */
  readonly platformSecrets: Readonly<Record<string, string>>;
  readonly functions: Map<string, DeployedFunction>;
  /** The settings of its REST API. */
  readonly rest: RestSettings;
  /** Uploaded and not served yet, by their digest: a deployment of several functions uploads all of them first. */
  readonly uploaded: Map<string, Bundle>;
}

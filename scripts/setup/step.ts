import type { RacingApiAccount } from "../../supabase/functions/_shared/racing_api/account.ts";
import type { Action } from "./actions.ts";
import type { Hands } from "./hands.ts";

/** Everything that setup knows about a project before it changes it. */
export interface Project {
  readonly ref: string;
  /** Where its functions are reached: `url`/functions/v1/NAME. */
  readonly url: string;
  readonly databaseUrl: URL;
  readonly account: RacingApiAccount;
  /** What the functions know the database by. */
  readonly workerSecret: string;
  /** Undefined: what the database has stays. */
  readonly limitMegabytes: number | undefined;
  readonly webhook: string | undefined;
  /** The folder that has supabase/. */
  readonly folder: string;
  /** Who shall read the racing data over the API. Undefined: who reads it stays. */
  readonly readers?: Readers | undefined;
  /** Where the project's own settings are. */
  readonly management?: Management;
}

/** Who may read what is published: users who have signed in, or everybody with the publishable key. */
export const READERS = ["authenticated", "anon"] as const;
export type Readers = typeof READERS[number];

/** Supabase's Management API, and the access token that lets in; undefined where only the CLI has a login. */
export interface Management {
  readonly url: string;
  readonly token: string | undefined;
}

/** What a step did. */
export interface Outcome {
  readonly changed: boolean;
  /** In a few words. */
  readonly says: string;
}

/** A part of the set-up. It looks first, and changes only what is not yet as it should be. */
export interface Step {
  /** One or two words. */
  readonly name: string;
  /** All that it may do, in order, whatever it finds. */
  actions(project: Project): readonly Action[];
  /** @param changedSoFar whether an earlier step of this set-up changed something */
  run(project: Project, hands: Hands, changedSoFar: boolean): Promise<Outcome>;
}

export const changed = (says: string): Outcome => ({ changed: true, says });
export const unchanged = (says: string): Outcome => ({ changed: false, says });

/** Of a step that most set-ups don't need. */
export const NOTHING_TO_DO = unchanged("");

/** The names of the Edge Functions. */
export const FUNCTION_NAMES = ["masters", "events"] as const;

/** The CLI's flag for a project that need not be linked. */
export const remote = ({ ref }: Project): string => `--remote=${ref}`;

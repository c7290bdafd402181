import type { FailureClass } from "./racing_api/failure_class.ts";

/** An environment variable that the functions need is not set, or can't be read. */
export class MissingSettingError extends Error {
  override readonly name = "MissingSettingError";
  readonly failureClass = "account" satisfies FailureClass;
}

import type { FailureClass } from "../racing_api/failure_class.ts";
import { storableText } from "../values/missing.ts";

const EXCERPT_LENGTH = 200;

/**
 * A response of The Racing API that does not have its endpoint's form. Asking again gives the same, so the chunk fails
 * for good until an operator has looked.
 */
export class UnreadableBodyError extends Error {
  override readonly name = "UnreadableBodyError";
  readonly failureClass = "chunk" satisfies FailureClass;

  /**
   * @param expected what the body should have been: "an object with a list racecards and a number total"
   * @param body the parsed body; the message quotes its first 200 characters
   */
  constructor(expected: string, body: unknown) {
    super(`The Racing API's answer is not ${expected}. It begins: ${excerpt(body)}`);
  }
}

function excerpt(body: unknown): string {
  const text = typeof body === "string" ? body : JSON.stringify(body) ?? String(body);
  return storableText(text.slice(0, EXCERPT_LENGTH));
}

import { createHmac } from "node:crypto";
import { isOneOf } from "./same_text.ts";

/** What SQL signs of a dispatch or of a ping. */
export interface SignedDispatch {
  /** The function that it is for: a signature for one is not valid for the other. */
  readonly functionName: string;
  /** The feed of a dispatch; `ping` of a ping, which no feed is called. */
  readonly subject: string;
  /** The id of the dispatch, valid for one claim, or of the ping, valid for one answer. */
  readonly id: number;
  /** When the dispatch expires, in seconds since 1970, by the database's clock. */
  readonly expires: number;
}

/**
 * The verdict on a signature: `forged` when it was not made with the secret, the other two when only the time is wrong.
 */
export type Verdict = "good" | "forged" | "expired" | "too far ahead";

/** For how long SQL signs. */
const GOOD_FOR_SECONDS = 120;
/** The isolate's clock and the database's may be this far apart. */
const CLOCKS_APART_SECONDS = 60;

/**
 * As `engine.text_to_sign` has it: each field with its length in bytes, so that the end of one cannot be read as the
 * start of the next.
 */
export function textToSign({ functionName, subject, id, expires }: SignedDispatch): string {
  return [functionName, subject, String(id), String(expires)]
    .map((field) => `${new TextEncoder().encode(field).length}:${field},`)
    .join("");
}

/** The signature of a dispatch, as lower-case hexadecimal digits. */
export function sign(dispatch: SignedDispatch, secret: string): string {
  return createHmac("sha256", secret).update(textToSign(dispatch)).digest("hex");
}

/** Whether a text has the form of a signature. If not, the body need not be read. */
export function isSignature(text: string | null): text is string {
  return text !== null && /^[0-9a-f]{64}$/.test(text);
}

/**
 * Judges the signature of a dispatch, in constant time. It may have been made with any of the secrets.
 *
 * @param now The isolate's time in milliseconds.
 */
export function judge(
  dispatch: SignedDispatch,
  signature: string,
  secrets: readonly string[],
  now: number,
): Verdict {
  if (!isOneOf(signature, secrets.map((secret) => sign(dispatch, secret)))) return "forged";
  const left = dispatch.expires - now / 1000;
  if (left < -CLOCKS_APART_SECONDS) return "expired";
  return left > GOOD_FOR_SECONDS + CLOCKS_APART_SECONDS ? "too far ahead" : "good";
}

import { Buffer } from "node:buffer";
import { RestError } from "./rest_errors.ts";

const HEADER = encode({ alg: "HS256", typ: "JWT" });

/** What a token says of its user. */
export type Claims = Readonly<Record<string, unknown>>;

/** A token as Supabase Auth gives it to a user who has signed in. */
export async function makeUserToken(claims: Claims, secret: string): Promise<string> {
  const signed = `${HEADER}.${encode(claims)}`;
  const signature = await crypto.subtle.sign("HMAC", await keyFor(secret), new TextEncoder().encode(signed));
  return `${signed}.${Buffer.from(signature).toString("base64url")}`;
}

/**
 * Reads such a token.
 *
 * @throws {RestError} as PostgREST refuses one that is broken, forged or has expired
 */
export async function readUserToken(token: string, secret: string): Promise<Claims> {
  const [header = "", payload = "", signature = "", ...more] = token.split(".");
  const isSigned = more.length === 0 && header === HEADER && await crypto.subtle.verify(
    "HMAC",
    await keyFor(secret),
    Buffer.from(signature, "base64url"),
    new TextEncoder().encode(`${header}.${payload}`),
  );
  if (!isSigned) throw new RestError(401, "PGRST301", "No suitable key or wrong key type");
  const claims: Claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  // PostgREST allows clocks to differ by half a minute.
  if (typeof claims["exp"] === "number" && claims["exp"] < Date.now() / 1000 - 30) {
    throw new RestError(401, "PGRST303", "JWT expired");
  }
  return claims;
}

function encode(value: Claims): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function keyFor(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

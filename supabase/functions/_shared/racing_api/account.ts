/** The account of The Racing API. */
export interface RacingApiAccount {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** `username:password` as HTTP Basic wants it: base64 of the UTF-8 bytes (RFC 7617). */
export function basicCredentials(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

const LONGEST_SECONDS = 3600;

/**
 * Seconds that a Retry-After header asks to wait (RFC 9110: a number of seconds, or an HTTP date); null when it is
 * absent or can't be read. At most an hour: it is worth asking again after that.
 *
 * @param serverDate The answer's own Date header, against which a date is measured: the clock of an isolate may be
 * wrong.
 */
export function retryAfterSeconds(header: string | null, serverDate: string | null): number | null {
  const text = header?.trim();
  if (!text) return null;
  if (/^\d+$/.test(text)) return Math.min(Number(text), LONGEST_SECONDS);
  const seconds = (Date.parse(text) - Date.parse(serverDate ?? "")) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(0, Math.ceil(seconds)), LONGEST_SECONDS) : null;
}

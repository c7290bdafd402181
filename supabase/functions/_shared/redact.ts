/** A shorter text occurs in almost every line. */
const SHORTEST_SECRET = 4;
/** This much of a secret's beginning is redacted too: a text may be cut off in the middle of a secret. */
const BEGINNING = 8;

/**
 * Makes a function that puts `[secret]` in place of each secret in a text: as it is, as JSON, an address, HTML or
 * base64 write it, and of each of these its beginning alone, where the rest was cut off.
 */
export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const forms = [
    ...new Set(secrets.filter((secret) => secret.length >= SHORTEST_SECRET).flatMap(writtenAs)),
  ];
  return (text) => {
    let clean = "";
    for (let at = 0; at < text.length;) {
      const hidden = Math.max(0, ...forms.map((form) => matchAt(text, at, form)));
      clean += hidden > 0 ? "[secret]" : text[at];
      at += hidden || 1;
    }
    return clean;
  };
}

/** How much of a form is at a position; 0 when too little to recognize. */
function matchAt(text: string, at: number, form: string): number {
  let length = 0;
  while (length < form.length && text[at + length] === form[length]) length++;
  return length === form.length || length >= BEGINNING ? length : 0;
}

function writtenAs(secret: string): string[] {
  const json = inJson(secret);
  return [
    secret,
    json,
    inJson(json),
    inAscii(json),
    encodeURIComponent(secret),
    new URLSearchParams({ "": secret }).toString().slice(1),
    inHtml(secret),
    btoa(String.fromCharCode(...new TextEncoder().encode(secret))),
  ];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** As the JSON of languages that write ASCII only. */
function inAscii(json: string): string {
  return json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function inHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  )
    .replaceAll("'", "&#39;");
}

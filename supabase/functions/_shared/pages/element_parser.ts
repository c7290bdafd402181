import { z } from "zod";
import { storableJson } from "../values/json.ts";
import { presentText } from "../values/missing.ts";
import type { ObjectKind, Reject } from "./rows.ts";
import type { UnknownFields } from "./unknown_fields.ts";

/** A field whose value is of a kind that its column cannot come from, such as an object where a text belongs. */
export interface SetAside {
  readonly field: string;
  readonly sent: unknown;
}

/** Why an element has no row: the field at fault (none when it is the element as a whole) and a sentence. */
export interface Refusal {
  readonly ok: false;
  readonly field: string | null;
  readonly reason: string;
}

/** An element of a list, checked; or why it cannot be one. */
export type ParsedElement<T> =
  | { readonly ok: true; readonly element: T; readonly setAside: readonly SetAside[] }
  | Refusal;

/** Checks one element of a list, and counts its unknown fields. */
export type ElementParser<T> = (raw: unknown, unknownFields: UnknownFields) => ParsedElement<T>;

/**
 * A parser for one kind of element. Only a field that the row cannot exist without fails it. Any other field of the
 * wrong kind is set aside and read as null, so that one odd field never loses a row.
 *
 * @param read what becomes of the checked fields
 * @param parts fields that hold objects, or lists of them, and the fields known of these
 */
export function elementParser<Schema extends z.ZodObject, T>(
  kind: ObjectKind,
  schema: Schema,
  read: (fields: z.infer<Schema>) => T,
  parts: Readonly<Partial<Record<ObjectKind, readonly string[]>>> = {},
): ElementParser<T> {
  const known = new Set(Object.keys(schema.shape));
  const knownParts = (Object.keys(parts) as ObjectKind[])
    .map((field) => [field, new Set<string>(parts[field])] as const);
  return (raw, unknownFields) => {
    if (!isRecord(raw)) return { ok: false, field: null, reason: "It is not an object." };
    const parsed = parseWithoutOddFields(schema, raw);
    if (!parsed.ok) return parsed;
    unknownFields.count(kind, raw, known);
    for (const [field, fields] of knownParts) unknownFields.countPart(field, raw[field], fields);
    return { ...parsed, element: read(parsed.element) };
  };
}

function parseWithoutOddFields<Schema extends z.ZodObject>(
  schema: Schema,
  raw: Record<string, unknown>,
): ParsedElement<z.infer<Schema>> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return { ok: true, element: parsed.data, setAside: [] };
  const { issues } = parsed.error;
  const fatal = issues.find((issue) => !acceptsNull(schema, fieldOf(issue)));
  if (fatal !== undefined) return { ok: false, field: fieldOf(fatal), reason: reasonFor(fatal, raw) };
  const odd = [...new Set(issues.map(fieldOf))];
  const retried = schema.safeParse({ ...raw, ...Object.fromEntries(odd.map((field) => [field, null])) });
  if (!retried.success) return { ok: false, field: null, reason: z.prettifyError(retried.error) };
  const setAside = odd.map((field) => ({ field, sent: raw[field] })).filter(({ sent }) => !isMissing(sent));
  return { ok: true, element: retried.data, setAside };
}

function acceptsNull(schema: z.ZodObject, field: string): boolean {
  const fieldSchema: z.core.$ZodType | undefined = schema.shape[field];
  return fieldSchema !== undefined && z.safeParse(fieldSchema, null).success;
}

function fieldOf(issue: z.core.$ZodIssue): string {
  return String(issue.path[0]);
}

function reasonFor(issue: z.core.$ZodIssue, raw: Record<string, unknown>): string {
  const field = fieldOf(issue);
  if (raw[field] === undefined || raw[field] === null) return `${field} is missing.`;
  return `${field} ${issue.code === "custom" ? issue.message : "is of a kind that cannot be read"}.`;
}

/** A list that is sent as "" or "-" is no more than missing. */
function isMissing(sent: unknown): boolean {
  return sent === undefined || sent === null || (typeof sent === "string" && presentText(sent) === null);
}

function isRecord(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

/**
 * What is kept of an element that has no row; which race it belongs to is for the caller to say.
 *
 * @param path where the element is in its race; empty for an element that is no part of a race
 */
export function rejectElement(
  kind: Exclude<Reject["kind"], "value">,
  raw: unknown,
  path: string,
  { field, reason }: Refusal,
): Reject {
  return {
    kind,
    race_id: null,
    horse_id: null,
    race_date: null,
    reason,
    path: [path, field ?? ""].filter((part) => part !== "").join("."),
    // SQL would take a bare JSON null for no raw at all.
    raw: storableJson(raw) ?? { value: null },
  };
}

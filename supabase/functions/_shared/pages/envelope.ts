import type { z } from "zod";
import type { UnknownFields } from "./unknown_fields.ts";
import { UnreadableBodyError } from "./unreadable_body_error.ts";

/**
 * Checks the outside of a body and counts its unknown fields. Without its list and its total there is nothing to page
 * through.
 *
 * @param expected completes "The Racing API's answer is not …"
 */
export function parseEnvelope<Schema extends z.ZodObject>(
  schema: Schema,
  expected: string,
  body: unknown,
  unknownFields: UnknownFields,
): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new UnreadableBodyError(expected, body);
  unknownFields.count("page", parsed.data, new Set(Object.keys(schema.shape)));
  return parsed.data;
}

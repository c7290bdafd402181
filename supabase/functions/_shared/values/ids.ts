import { presentText, type Sent } from "./missing.ts";
import { known, misread, MISSING, type Reading } from "./reading.ts";

/** Far above any id (`rac_32300502975`), far below the 2,704 bytes that an index row can take. */
const MAX_LENGTH = 200;

/** The Racing API, every `…_id`: opaque text. `""` is how it says that a jockey is not declared yet. */
export function readId(sent: Sent): Reading<string> {
  const text = presentText(sent);
  if (text === null) return MISSING;
  return text.length <= MAX_LENGTH ? known(text) : misread(`is longer than ${MAX_LENGTH} characters`);
}

/** The Racing API, `region` and `region_code`: upper case in cards and results (`GB`), kept in lower case (`gb`). */
export function readRegionCode(sent: Sent): Reading<string> {
  const id = readId(sent);
  return id.value === null ? id : known(id.value.toLowerCase());
}

import type { Sent } from "./missing.ts";
import { readSmallInteger } from "./numbers.ts";
import { MISSING, type Reading } from "./reading.ts";

/** The Racing API, `draw`: the stall; `0` where there are none, as over jumps. */
export function readDraw(sent: Sent): Reading<number> {
  const draw = readSmallInteger(sent);
  return draw.value === 0 ? MISSING : draw;
}

import { open, statement } from "../actions.ts";
import { changed, type Step, unchanged } from "../step.ts";

const LIMIT = statement("select database_limit_megabytes as megabytes from backfill_settings");
const set = (megabytes: number) =>
  statement(
    "update backfill_settings set database_limit_megabytes = $1::text::integer",
    open(String(megabytes)),
  );

/** How large the project's plan lets the database grow: what check_setup and the alerts measure it against. */
export const limit: Step = {
  name: "size limit",
  actions: ({ limitMegabytes }) => [LIMIT, ...(limitMegabytes === undefined ? [] : [set(limitMegabytes)])],
  async run({ limitMegabytes }, hands) {
    const [known] = await hands.query<{ megabytes: number }>(LIMIT);
    if (limitMegabytes === undefined || known?.megabytes === limitMegabytes) {
      return unchanged(`${known?.megabytes} MB (DATABASE_LIMIT_MEGABYTES)`);
    }
    await hands.query(set(limitMegabytes));
    return changed(`${limitMegabytes} MB`);
  },
};

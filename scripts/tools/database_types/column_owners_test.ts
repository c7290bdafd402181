import { assertEquals } from "@std/assert";
import { renderColumnOwners } from "./column_owners.ts";

Deno.test("renderColumnOwners() writes a union for each owner of each table, never where it owns nothing", () => {
  const columns = [
    { table: "ra_mst_owners", column: "id", owner: "Both" },
    { table: "ra_races", column: "going", owner: "Both" },
    { table: "ra_races", column: "tip", owner: "Card" },
    { table: "ra_races", column: "verdict", owner: "Card" },
  ] as const;
  assertEquals(
    renderColumnOwners(columns),
    `/** Which feed fills a column, by table: what the column's comment begins with. */
export type ColumnOwners = {
ra_mst_owners: {
Card: never;
Result: never;
Both: "id";
};
ra_races: {
Card: "tip" | "verdict";
Result: never;
Both: "going";
};
};
`,
  );
});

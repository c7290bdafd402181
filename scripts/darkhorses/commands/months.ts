import { buildCommand } from "@stricli/core";
import { answer, type Session, UsageProblem } from "../answer.ts";
import { FEEDS_FLAG, JSON_FLAG } from "../arguments.ts";
import { ask } from "../database.ts";
import type { CoverageMonth } from "../coverage_month.ts";
import { renderGrid } from "../rendering/grid.ts";

interface Flags {
  readonly json?: boolean | undefined;
  readonly feeds?: readonly string[] | undefined;
}

export const months = buildCommand<Flags, [], Session>({
  docs: {
    brief: "What is stored of each feed, years down and months across; ends with 1 when one has failed",
    customUsage: [{ input: "--feeds results", brief: "Only the results" }],
  },
  parameters: { flags: { json: JSON_FLAG, feeds: FEEDS_FLAG } },
  async func({ json, feeds }) {
    await answer(this, { json }, async (sql) => {
      const all = await ask<CoverageMonth>(
        sql,
        sql`
        select months.*
        from public.coverage_months as months
        join engine.feeds as feed on feed.name = months.feed
        order by feed.place, months.month
      `,
      );
      const known = await ask<{ name: string }>(sql, sql`select unnest(engine.feed_names()) as name`);
      const wrong = feeds?.find((feed) => known.every(({ name }) => name !== feed));
      if (wrong !== undefined) {
        const names = known.map(({ name }) => name).join(", ");
        throw new UsageProblem(`There is no feed "${wrong}": there are ${names}.`);
      }
      const data = feeds === undefined ? all : all.filter(({ feed }) => feeds.includes(feed));
      if (data.every(({ run_id, month }) => run_id === null && month === null)) {
        return {
          data,
          text: "No day was asked for yet. Start with: npx -y deno task darkhorses start 2015-01-01",
        };
      }
      const isWell = data.every(({ state }) => state !== "failed");
      return { data, text: renderGrid(data, this.paint, this.columns()), isWell };
    });
  },
});

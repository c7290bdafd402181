import { buildCommand } from "@stricli/core";
import { renderTable } from "../../command_line/render_table.ts";
import { answer, type JsonFlag, type Session, UsageProblem } from "../answer.ts";
import { JSON_FLAG } from "../arguments.ts";
import { ask } from "../database.ts";
import { ukTime } from "../rendering/words.ts";

const WORDS = ["on", "off", "list"] as const;
type Word = typeof WORDS[number];

interface Schedule {
  readonly name: string;
  readonly feeds: readonly string[];
  readonly at_times: readonly string[];
  readonly day_of_month: number | null;
  readonly enabled: boolean;
  readonly next_due_at: string | null;
  /** It has not pulled since the schedules were switched on. */
  readonly is_due: boolean;
  readonly last_error: string | null;
}

export const schedules = buildCommand<JsonFlag, [Word?], Session>({
  docs: {
    brief: "List the daily pulls, or switch them on or off",
    customUsage: [{ input: "on", brief: "on, off, or list, which is what happens without a word" }],
  },
  parameters: {
    flags: { json: JSON_FLAG },
    positional: {
      kind: "tuple",
      parameters: [{ parse: readWord, brief: WORDS.join(", "), placeholder: "word", optional: true }],
    },
  },
  async func(flags, word = "list") {
    await answer(this, flags, async (sql) => {
      if (word === "on") await sql`select from public.start_schedules()`;
      if (word === "off") await sql`select public.stop_schedules()`;
      const data = await ask<Schedule>(
        sql,
        sql`
        select
          s.name, s.feeds, s.at_times, s.day_of_month, s.enabled,
          case
            when s.enabled and (select schedules_started_on from public.backfill_settings) is not null
              then case when s.last_due_at is null then engine.clock() else engine.next_due(s, engine.clock()) end
          end as next_due_at,
          s.last_due_at is null and s.enabled as is_due,
          s.last_error
        from public.pull_schedules as s
        order by next_due_at, s.name
      `,
      );
      const isOn = data.some(({ next_due_at }) => next_due_at !== null);
      const table = renderTable(data.map((row) => ({
        schedule: row.name,
        feeds: row.feeds.join(", "),
        "next, UK time": row.is_due && row.next_due_at !== null ? "now" : ukTime(row.next_due_at),
        at: `${row.day_of_month === null ? "" : `day ${row.day_of_month}, `}${times(row.at_times)}`,
      })));
      const errors = data.flatMap(({ name, last_error }) =>
        last_error === null ? [] : [`${name}: ${last_error}`]
      );
      const state = isOn
        ? "The schedules are on."
        : "The schedules are off: nothing is pulled by itself. Switch them on: npx -y deno task darkhorses schedules on";
      return { data, text: [table, "", ...errors, state].join("\n"), isWell: errors.length === 0 };
    });
  },
});

function times(all: readonly string[]): string {
  const [first = "-"] = all;
  const short = (time: string) => time.slice(0, 5);
  return all.length <= 2 ? all.map(short).join(", ") : `${short(first)} and ${all.length - 1} more`;
}

function readWord(text: string): Word {
  const word = WORDS.find((known) => known === text);
  if (word !== undefined) return word;
  throw new UsageProblem(`"${text}" is nothing that schedules can do: it is ${WORDS.join(", ")}.`);
}

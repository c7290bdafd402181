import { buildCommand } from "@stricli/core";
import { READERS, type Readers } from "../../setup/step.ts";
import { answer, type JsonFlag, type Session, UsageProblem } from "../answer.ts";
import { JSON_FLAG } from "../arguments.ts";
import { ask, askOne } from "../database.ts";
import { inCommands } from "../rendering/in_commands.ts";

/** What is open to whom. */
interface Opened {
  readonly readers: string;
  readonly kind: "schema" | "table" | "view" | "function";
  readonly name: string;
}

export const publish = buildCommand<JsonFlag, [Readers?], Session>({
  docs: {
    brief: "Let others read the racing data over the API: users who have signed in, or everybody with anon",
    fullDescription:
      "Lets users who have signed in, or with anon everybody who has the publishable key, read the racing data and the " +
      "schema racing over the project's API. Nothing can be written, and nothing of the backfill is opened. Run it " +
      "again after an upgrade; setup does so by itself. unpublish takes it back.",
    customUsage: [
      { input: "", brief: "For users who have signed in" },
      { input: "anon", brief: "For everybody who has the publishable key, which is in your app" },
    ],
  },
  parameters: {
    flags: { json: JSON_FLAG },
    positional: {
      kind: "tuple",
      parameters: [{
        parse: readReaders,
        brief: READERS.join(" or "),
        placeholder: "readers",
        optional: true,
      }],
    },
  },
  async func(flags, readers = "authenticated") {
    await answer(this, flags, async (sql) => {
      const data = await ask<Opened>(
        sql,
        sql`select readers, kind, name from public.publish_api(${readers})`,
      );
      const names = data.filter(({ kind }) => kind === "table" || kind === "view").map(({ name }) => name);
      return {
        data,
        text: `Open to read for ${data[0]?.readers ?? readers}: ${names.join(", ")}, and ` +
          `${
            data.length - names.length - 1
          } functions.\nThe API serves the schema racing once it is exposed: ` +
          `npx -y deno task setup --publish ${readers}, or the dashboard under Settings, Data API.`,
      };
    });
  },
});

export const unpublish = buildCommand<JsonFlag, [], Session>({
  docs: {
    brief: "Take back what publish opened",
    customUsage: [{ input: "", brief: "Everything is as it was before the first publish" }],
  },
  parameters: { flags: { json: JSON_FLAG } },
  async func(flags) {
    await answer(this, flags, async (sql) => {
      await sql`select public.unpublish_api()`;
      const data = await askOne<{ state: string; finding: string; what_to_do: string }>(
        sql,
        sql`select state, finding, what_to_do from engine.check_published()`,
      );
      const text = data.state === "ok" ? data.finding : `${data.finding}\n${inCommands(data.what_to_do)}`;
      return { data, text, isWell: data.state === "ok" };
    });
  },
});

function readReaders(text: string): Readers {
  const readers = READERS.find((known) => known === text);
  if (readers !== undefined) return readers;
  throw new UsageProblem(
    `"${text}" is nobody to publish to: say authenticated (users who have signed in) or anon (everybody who has the ` +
      "publishable key).",
  );
}

import { buildCommand } from "@stricli/core";
import { messageOf, Problem } from "../../command_line/problem.ts";
import { answer, orProblem, type Session, UsageProblem } from "../answer.ts";
import { readPageData } from "../page/read_page_data.ts";
import { renderPage } from "../page/render_page.ts";
import { JSON_FLAG } from "../arguments.ts";

interface Flags {
  readonly json?: boolean | undefined;
  readonly html?: string | undefined;
}

/** The project's ref, which the pooler's user is called after; else the host. */
export function projectName(url: URL): string {
  return /^postgres\.([a-z]{20})$/.exec(url.username)?.[1] ?? url.host;
}

export const page = buildCommand<Flags, [], Session>({
  docs: {
    brief: "Write everything at a glance as one HTML page",
    customUsage: [{ input: "--html darkhorses.html", brief: "One file, which needs nothing else" }],
  },
  parameters: {
    flags: {
      json: JSON_FLAG,
      html: {
        kind: "parsed",
        parse: String,
        brief: "Where to write the page",
        placeholder: "file",
        optional: true,
      },
    },
  },
  async func({ json, html }) {
    if (html === undefined) {
      await orProblem(this, { json }, () => {
        throw new UsageProblem("Say where to write the page: --html FILE.");
      });
      return;
    }
    await answer(this, { json }, async (sql, url) => {
      const text = renderPage(await readPageData(sql, projectName(url)));
      await Deno.writeTextFile(html, text).catch((error) => {
        throw new Problem(`${html} cannot be written: ${messageOf(error)}.`, { cause: error });
      });
      return {
        data: { file: html, bytes: new TextEncoder().encode(text).length },
        text: `The page is in ${html}.`,
      };
    });
  },
});

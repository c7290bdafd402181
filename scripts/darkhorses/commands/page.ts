import { buildCommand } from "@stricli/core";
import { orProblem, type Session, UsageProblem } from "../answer.ts";
import { JSON_FLAG } from "../arguments.ts";

interface Flags {
  readonly json?: boolean | undefined;
  readonly html?: string | undefined;
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
    await orProblem(this, { json }, () => {
      if (html === undefined) throw new UsageProblem("Say where to write the page: --html FILE.");
      return Promise.reject(new UsageProblem("This version writes no page yet."));
    });
  },
});

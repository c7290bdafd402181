import { buildCommand } from "@stricli/core";
import { answer, orProblem, type Session, UsageProblem } from "../answer.ts";
import { checkRange, flag, JSON_FLAG, readDay } from "../arguments.ts";
import { askOne } from "../database.ts";
import { type ExportedFile, exportFiles, isFileName } from "../export/export_files.ts";
import { periodsOf } from "../export/periods.ts";
import { findRelation, hasDays, type Relation } from "../export/relation.ts";
import { type Format, FORMATS } from "../export/write_file.ts";

interface Flags {
  readonly json?: boolean | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly format?: Format | undefined;
  readonly out?: string | undefined;
  readonly again?: boolean | undefined;
}

const dayFlag = (brief: string) =>
  ({ kind: "parsed", parse: readDay, brief, placeholder: "day", optional: true }) as const;

export const exportRows = buildCommand<Flags, [string], Session>({
  docs: {
    brief: "Write a table or a view into files, as CSV or Parquet, a month a file",
    fullDescription:
      "Writes runner_form, another view of the schema racing, or a table of racing data into files: of a folder, one " +
      "for each month; with a name that ends in .csv or .parquet, one for all. A file has its name once it is " +
      "complete. Run it again after an interruption: files that are there are kept, unless they were written before " +
      "their last day was over.",
    customUsage: [
      { input: "runner_form --from 2026-09-01 --to 2026-10-31 --out export", brief: "Two files of Parquet" },
      { input: "ra_races --from 2026-10-01 --to 2026-10-31 --out races.csv", brief: "One file of CSV" },
      { input: "ra_mst_horses --out export", brief: "What has no days is one file" },
    ],
  },
  parameters: {
    flags: {
      json: JSON_FLAG,
      from: dayFlag("First day, as YYYY-MM-DD"),
      to: dayFlag("Last day; default: today in London"),
      format: {
        kind: "enum",
        values: FORMATS,
        brief: "Default: what --out ends with, or parquet",
        optional: true,
      },
      out: {
        kind: "parsed",
        parse: String,
        brief: "A folder, or one file; default: the folder export",
        placeholder: "folder-or-file",
        optional: true,
      },
      again: flag("Write also what is there already"),
    },
    positional: {
      kind: "tuple",
      parameters: [{ parse: String, brief: "runner_form, ra_races, …", placeholder: "name" }],
    },
  },
  async func({ json, from, to, format, out = "export", again = false }, name) {
    await orProblem(this, { json }, async () => {
      checkRange(from, to);
      const chosen = formatOf(format, out);
      await answer(this, { json }, async (sql) => {
        const relation = await findRelation(sql, name);
        const { today } = await askOne<{ today: string }>(sql, sql`select engine.london_day() as today`);
        checkRange(from, to ?? today);
        const files = await exportFiles(sql, {
          ...{ relation, format: chosen, out, again },
          periods: periodsFor(relation, { from, to: to ?? today, wasTo: to, out }),
          onFile: (file) => json ? undefined : this.out(`${describe(file)}\n`),
        });
        const written = files.filter(({ state }) => state === "written");
        const rows = written.reduce((sum, file) => sum + (file.rows ?? 0), 0);
        return {
          data: { relation: `${relation.schema}.${relation.name}`, format: chosen, rows, files },
          text: `${rows.toLocaleString("en-GB")} rows of ${relation.name} written into ${written.length} ${
            written.length === 1 ? "file" : "files"
          }${written.length < files.length ? `; ${files.length - written.length} were complete` : ""}.`,
        };
      });
    });
  },
});

function formatOf(given: Format | undefined, out: string): Format {
  const named = FORMATS.find((format) => out.endsWith(`.${format}`));
  if (named !== undefined && given !== undefined && named !== given) {
    throw new UsageProblem(`--out ends with .${named}, and --format says ${given}: make them the same.`);
  }
  return named ?? given ?? "parquet";
}

function periodsFor(
  relation: Relation,
  { from, to, wasTo, out }: { from: string | undefined; to: string; wasTo: string | undefined; out: string },
) {
  if (!hasDays(relation)) {
    if (from === undefined && wasTo === undefined) return [undefined];
    throw new UsageProblem(
      `${relation.name} has no days, so all of it is exported: leave --from and --to out.`,
    );
  }
  if (from === undefined) {
    throw new UsageProblem(`Say which days of ${relation.name}: --from 2026-10-01 --to 2026-10-31.`);
  }
  return isFileName(out) ? [{ first: from, last: to, label: "" }] : periodsOf(from, to);
}

function describe({ file, rows, bytes, state }: ExportedFile): string {
  const size = `${(bytes / 1_000_000).toFixed(1)} MB`;
  return state === "kept"
    ? `${file}: complete, ${size}`
    : `${file}: ${(rows ?? 0).toLocaleString("en-GB")} rows, ${size}`;
}

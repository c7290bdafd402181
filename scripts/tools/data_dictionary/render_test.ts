import { assertEquals, assertStringIncludes } from "@std/assert";
import { renderDictionary } from "./render.ts";
import type { Column, DatabaseFunction, Relation } from "./schema.ts";

function table(name: string, fields: Partial<Relation> = {}): Relation {
  return { name, kind: "table", comment: null, columns: [], key: [], unique: [], references: [], ...fields };
}

function column(name: string, comment: string | null, fields: Partial<Column> = {}): Column {
  return { name, type: "text", nullable: true, owner: null, comment, ...fields };
}

function func(name: string, args: string): DatabaseFunction {
  return { name, arguments: args, result: "bigint", comment: `About ${name}.` };
}

function render(...relations: Relation[]): string {
  return renderDictionary({ relations, functions: [] });
}

function headings(markdown: string): string[] {
  return [...markdown.matchAll(/^#{2,3} (.*)$/gm)].map(([, heading = ""]) => heading);
}

Deno.test("renderDictionary() puts racing data first, then answers, backfill, ingest, rate limits and the rest, each by name", () => {
  const names = [
    "coverage_gaps",
    "racing_api_limits",
    "ingest_errors",
    "backfill_runs",
    "ra_runners",
    "ra_races",
    "racing.runner_form",
  ];
  assertEquals(headings(render(...names.map((name) => table(name)))), [
    "Racing data",
    "ra_races",
    "ra_runners",
    "Answers",
    "racing.runner_form",
    "Backfill",
    "backfill_runs",
    "Ingest",
    "ingest_errors",
    "Rate limits",
    "racing_api_limits",
    "More",
    "coverage_gaps",
  ]);
});

Deno.test("renderDictionary() shows a table's comment, keys, references and columns", () => {
  const runners = table("ra_runners", {
    comment: "One horse in one race.",
    key: ["race_id", "horse_id"],
    unique: [["race_id", "number"]],
    references: [{ columns: ["race_id"], relation: "ra_races" }],
    columns: [
      column("race_id", "The race.", { nullable: false }),
      column("draw", "Stall; null over jumps.", { type: "integer" }),
    ],
  });
  assertStringIncludes(
    render(runners),
    `### ra_runners

One horse in one race.

- Key: \`race_id\`, \`horse_id\`
- Unique: \`race_id\`, \`number\`
- \`race_id\` → [ra_races](#ra_races)

| Column | Type | Null | Meaning |
| --- | --- | --- | --- |
| \`race_id\` | text |  | The race. |
| \`draw\` | integer | yes | Stall; null over jumps. |
`,
  );
});

Deno.test("renderDictionary() shows who owns a column in a column of its own, where the comments say it", () => {
  const races = table("ra_races", {
    columns: [
      column("tip", "Card. Name of the horse that is tipped.", { owner: "Card" }),
      column("created_at", "When the row was first written."),
    ],
  });
  assertStringIncludes(
    render(races),
    `| Column | Type | Null | Owner | Meaning |
| --- | --- | --- | --- | --- |
| \`tip\` | text | yes | Card | Name of the horse that is tipped. |
| \`created_at\` | text | yes |  | When the row was first written. |
`,
  );
});

Deno.test("renderDictionary() claims nothing about null in a view", () => {
  const view = table("backfill_status", {
    kind: "view",
    comment: "A row per run.",
    columns: [column("state", null)],
  });
  assertStringIncludes(
    render(view),
    "View. A row per run.\n\n| Column | Type | Meaning |\n| --- | --- | --- |\n| `state` | text |  |\n",
  );
});

Deno.test("renderDictionary() links to what another schema holds by an anchor without the dot", () => {
  const rows = table("racing.card_line", { kind: "type", comment: "A declared runner." });
  const markdown = render(rows);
  assertStringIncludes(markdown, "- Answers: [racing.card_line](#racingcard_line)\n");
  assertStringIncludes(markdown, "### racing.card_line\n\nRows of a function. A declared runner.\n");
});

Deno.test("renderDictionary() shows a function's signature and comment, functions of one name both, linked once", () => {
  const markdown = renderDictionary({
    relations: [],
    functions: [func("start", "day date"), func("start", "a date, b date"), func("pause", "run bigint")],
  });
  assertEquals(headings(markdown), ["Functions", "pause", "start", "start"]);
  assertStringIncludes(markdown, "- Functions: [pause](#pause), [start](#start)\n");
  assertStringIncludes(markdown, "```sql\nstart(a date, b date) returns bigint\n```\n\nAbout start.\n");
});

const comments: [string, string, string][] = [
  ["of several lines as one", "One\n   two.", "One two."],
  ["with a pipe inside of its cell", "a | b, `c|d`", "a \\| b, `c\\|d`"],
  [
    "with signs of Markdown as they are written",
    "ra_mst_* and <value> [1]",
    "ra_mst_\\* and \\<value> \\[1\\]",
  ],
  ["with code as code", "The Racing API, `odds[].bookmaker`.", "The Racing API, `odds[].bookmaker`."],
];

for (const [what, comment, rendered] of comments) {
  Deno.test(`renderDictionary() shows a comment ${what}`, () => {
    const markdown = render(table("ra_races", { columns: [column("id", comment)] }));
    assertStringIncludes(markdown, `| \`id\` | text | yes | ${rendered} |\n`);
  });
}

import { type CoverageMonth, MONTH_STATES, type MonthState, STATES } from "../coverage_month.ts";
import { count, number } from "../rendering/words.ts";
import { type Html, html } from "./html.ts";
import { anchor, MONTH_NAMES, monthName, title } from "./words.ts";

/** What a cell is called, so that a link leads to it. */
export const cellAnchor = (row: CoverageMonth) => anchor("month", row.feed, row.month?.slice(0, 7) ?? "all");
/** What the explanation of a failed month is called. */
export const reasonAnchor = (row: CoverageMonth) => anchor("why", row.feed, row.month?.slice(0, 7) ?? "all");

/** "Results, February 2026", or "Masters" of a feed without days. */
export const monthOf = (row: CoverageMonth) =>
  row.month === null ? title(row.feed) : `${title(row.feed)}, ${monthName(row.month)}`;

/** "complete, 28 of 28 days, 1,203 of 1,203 races" */
export function stateInWords(row: CoverageMonth): string {
  const { words } = STATES[row.state];
  if (row.month === null || row.state === "not_available") return words;
  const races = row.races_in_api === 0 && row.races_stored === 0
    ? undefined
    : `${number(row.races_stored)} of ${count(row.races_in_api, "race")}`;
  return [words, `${number(row.days_covered)} of ${count(row.days, "day")}`, races].filter(Boolean).join(
    ", ",
  );
}

/** Every feed's grid, a legend, and the numbers behind it. */
export function renderGrids(months: readonly CoverageMonth[]): Html {
  const feeds = [...Map.groupBy(months, ({ feed }) => feed)];
  const dated = feeds.filter(([, rows]) => rows.some(({ month }) => month !== null));
  const undated = months.filter(({ month }) => month === null);
  return html`<div class="grids">${dated.map(([feed, rows]) => renderGrid(feed, rows))}</div>
${undated.map(renderUndated)}
${dated.length > 0 && renderLegend()}
${dated.map(([feed, rows]) => renderNumbers(feed, rows))}`;
}

function renderGrid(feed: string, rows: readonly CoverageMonth[]): Html {
  const byMonth = new Map(rows.map((row) => [row.month?.slice(0, 7), row]));
  const years = [...new Set(rows.flatMap(({ month }) => month === null ? [] : [Number(month.slice(0, 4))]))];
  const expected = rows.filter(({ state }) => state !== "not_available");
  const complete = expected.filter(({ state }) => state === "complete");
  return html`
    <table class="grid">
      <caption><b>${title(feed)}</b> <span>${number(complete.length)} of ${count(
        expected.length,
        "month",
      )} complete</span></caption>
      <thead>
        <tr><th scope="col"><span class="unseen">Year</span></th>${MONTH_NAMES.map(([short, long]) =>
          html`<th scope="col"><abbr title="${long}">${short}</abbr></th>`
        )}</tr>
      </thead>
      <tbody>
    ${years.toSorted((a, b) => b - a).map((year) =>
      html`
        <tr><th scope="row">${year}</th>${MONTH_NAMES.map((_, n) =>
          renderCell(byMonth.get(`${year}-${String(n + 1).padStart(2, "0")}`))
        )}</tr>
      `
    )}</tbody>
    </table>
  `;
}

function renderCell(row: CoverageMonth | undefined): Html {
  if (row === undefined) return html`<td><span class="unseen">not asked for</span></td>`;
  const words = stateInWords(row);
  const inside = html`<span aria-hidden="true">${
    STATES[row.state].mark
  }</span><span class="unseen">${words}</span>`;
  return html`<td id="${cellAnchor(row)}" title="${monthOf(row)}: ${words}">${
    row.state === "failed"
      ? html`<a class="cell failed" href="#${reasonAnchor(row)}">${inside}</a>`
      : html`<span class="cell ${row.state}">${inside}</span>`
  }</td>`;
}

function renderUndated(row: CoverageMonth): Html {
  const inside = html`<span aria-hidden="true">${STATES[row.state].mark}</span>`;
  return html`
    <p class="undated" id="${cellAnchor(row)}">${row.state === "failed"
      ? html`<a class="cell failed" href="#${reasonAnchor(row)}" aria-label="Why it failed">${inside}</a>`
      : html`<span class="cell ${row.state}">${inside}</span>`} <b>${title(row.feed)}</b> ${STATES[row.state]
      .words}</p>
  `;
}

function renderLegend(): Html {
  const order: readonly MonthState[] = MONTH_STATES;
  return html`
    <ul class="legend" aria-label="What the letters mean">${order.map((state) =>
      html`<li><span class="cell ${state}" aria-hidden="true">${
        STATES[state].mark
      }</span> <span class="unseen">${STATES[state].mark} means </span>${STATES[state].words}</li>`
    )}</ul>
  `;
}

function renderNumbers(feed: string, rows: readonly CoverageMonth[]): Html {
  const newestFirst = rows.filter(({ month }) => month !== null).toReversed();
  return html`
    <details>
      <summary>${title(feed)} in numbers</summary>
      <table class="numbers">
        <caption class="unseen">${title(feed)}: days, races and rejects of each month, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Month</th>
            <th scope="col">State</th>
            <th scope="col" class="figure">Days</th>
            <th scope="col" class="figure">Races</th>
            <th scope="col" class="figure">Rejects</th>
          </tr>
        </thead>
        <tbody>
    ${newestFirst.map((row) =>
      html`
        <tr>
          <th scope="row">${row.month === null ? "" : shortMonth(row.month)}</th>
          <td><span class="word ${row.state}">${STATES[row.state].words}</span></td>
          <td class="figure">${of(row.days_covered, row.days)}</td>
          <td class="figure">${of(row.races_stored, row.races_in_api)}</td>
          <td class="figure">${number(row.races_rejected)}</td>
        </tr>
      `
    )}</tbody>
      </table>
    </details>
  `;
}

/** Once when both are the same: what differs stands out. */
const of = (some: number, all: number) =>
  some === all ? number(all) : html`${number(some)}<span class="quiet"> of ${number(all)}</span>`;

const shortMonth = (day: string) => `${MONTH_NAMES[Number(day.slice(5, 7)) - 1]?.[0]} ${day.slice(0, 4)}`;

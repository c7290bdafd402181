import { cellAnchor, monthOf, reasonAnchor, stateInWords } from "./grid.ts";
import { type Html, html } from "./html.ts";
import type { CoverageMonth } from "../coverage_month.ts";

/** More than these are behind a summary. */
const SHOWN = 6;

/** Why each failed month failed, and what to do: the grid's cells lead here. */
export function renderFailedMonths(failed: readonly CoverageMonth[]): Html {
  const rest = failed.slice(SHOWN);
  return html`${failed.slice(0, SHOWN).map(renderReason)}${
    rest.length > 0 &&
    html`<details><summary>${rest.length} more</summary>${rest.map(renderReason)}</details>`
  }`;
}

function renderReason(row: CoverageMonth): Html {
  const run = row.run_id ?? 0;
  return html`
    <article class="reason" id="${reasonAnchor(row)}">
    <h3>${monthOf(row)}</h3>
    <p class="said">${row.last_error ?? "No error was noted."}</p>
    <p class="quiet">${capital(stateInWords(row))}.</p>
    ${row.run_id !== null &&
      html`<p>Once that is fixed, run this in the SQL editor: <code>select backfill_retry(${run});</code></p>`}
    <p><a href="#${cellAnchor(row)}">Show it in the grid</a></p>
    </article>
  `;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

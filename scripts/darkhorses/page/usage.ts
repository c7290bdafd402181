import { count, number } from "../rendering/words.ts";
import { renderBarChart } from "./bar_chart.ts";
import { type Html, html } from "./html.ts";
import type { UsageDay } from "./page_data.ts";
import { dateName, dayName } from "./uk_time.ts";

const SHOWN = 7;
/** A chart of fewer days says less than the table. */
const WORTH_A_CHART = 5;

/** What was used on each day, and how much room the database has left. */
export function renderUsage(usage: readonly UsageDay[], limitMegabytes: number): Html {
  if (usage.length === 0) return html`<p class="empty">Nothing was used yet.</p>`;
  const rest = usage.slice(SHOWN);
  const size = usage.find(({ database_megabytes }) => database_megabytes !== null)?.database_megabytes;
  return html`${
    size !== undefined && size !== null &&
    html`
      <p>The database has <b>${number(Math.round(size))} MB</b> of ${number(limitMegabytes)} MB.</p>
      <progress class="${size / limitMegabytes >= 0.8
        ? "nearly_full"
        : ""}" max="${limitMegabytes}" value="${Math
        .round(size)}"
        aria-label="Size of the database"></progress>
    `
  }${usage.length >= WORTH_A_CHART && renderChart(usage.toReversed())}
${renderTable(usage.slice(0, SHOWN), "Usage by day, newest first")}
${
    rest.length > 0 &&
    html`<details><summary>${count(rest.length, "earlier day")}</summary>${
      renderTable(rest, "Usage on earlier days")
    }</details>`
  }`;
}

function renderChart(days: readonly UsageDay[]): Html {
  const calls = days.map(({ api_calls }) => api_calls);
  const first = days[0]?.day ?? "";
  const last = days.at(-1)?.day ?? "";
  return renderBarChart({
    caption: "API calls a day",
    summary: `API calls a day, ${dateName(first)} to ${dateName(last)}: ${
      number(calls.reduce((a, b) => a + b, 0))
    } in all, at most ${number(Math.max(...calls))} on a day.`,
    series: [{ name: "API calls", values: calls }],
    ticks: [{ at: 0, label: dayName(first) }, { at: 1, label: dayName(last) }],
  });
}

function renderTable(days: readonly UsageDay[], caption: string): Html {
  return html`
    <table class="numbers">
      <caption class="unseen">${caption}</caption>
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col" class="figure">Calls</th>
          <th scope="col" class="figure">Invocations</th>
          <th scope="col" class="figure">Log lines</th>
          <th scope="col" class="figure">MB</th>
        </tr>
      </thead>
      <tbody>
    ${days.map((day) =>
      html`
        <tr>
          <th scope="row">${dayName(day.day)}</th>
          <td class="figure">${number(day.api_calls)}</td>
          <td class="figure">${number(day.invocations)}</td>
          <td class="figure">${orUnknown(day.log_lines)}</td>
          <td class="figure">${orUnknown(day.database_megabytes, Math.round)}</td>
        </tr>
      `
    )}</tbody>
    </table>
  `;
}

const orUnknown = (value: number | null, shown = (known: number) => known) =>
  value === null ? html`<span class="quiet">unknown</span>` : number(shown(value));

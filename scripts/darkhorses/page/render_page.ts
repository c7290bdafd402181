import { failedMonths } from "../coverage_month.ts";
import { renderFailedMonths } from "./failed_months.ts";
import { renderFreshness } from "./freshness.ts";
import { renderGrids } from "./grid.ts";
import { Html, html } from "./html.ts";
import type { PageData } from "./page_data.ts";
import { renderRuns } from "./runs.ts";
import { renderThroughput } from "./throughput.ts";
import { renderAlerts, renderErrors } from "./troubles.ts";
import { fullMoment } from "./uk_time.ts";
import { renderUsage } from "./usage.ts";
import { isUntouched, judge, renderVerdict } from "./verdict.ts";

/** Ours alone: it is written into the page as it is. */
const STYLE = new Html(Deno.readTextFileSync(new URL("page.css", import.meta.url)));

interface Section {
  readonly id: string;
  readonly name: string;
  readonly content: Html;
}

/** One page that needs no script and nothing from elsewhere; its policy lets a browser load nothing. */
export function renderPage(data: PageData): string {
  const { mood, headline } = judge(data);
  const failed = failedMonths(data.months);
  const freshness = { id: "freshness", name: "Freshness", content: renderFreshness(data.freshness) };
  const alerts = { id: "alerts", name: "Alerts", content: renderAlerts(data.alerts) };
  const sections: readonly Section[] = isUntouched(data) ? [freshness, alerts] : [
    { id: "months", name: "Months", content: renderGrids(data.months) },
    ...(failed.length > 0 ? [{ id: "failed", name: "Failed", content: renderFailedMonths(failed) }] : []),
    { id: "runs", name: "Runs", content: renderRuns(data.runs) },
    { id: "throughput", name: "Throughput", content: renderThroughput(data.throughput, data.made_at) },
    freshness,
    alerts,
    { id: "errors", name: "Errors", content: renderErrors(data.errors) },
    { id: "usage", name: "Usage", content: renderUsage(data.usage, data.database_limit_megabytes) },
  ];
  return html`
    <!doctype html>
    <html lang="en-GB">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <meta name="robots" content="noindex">
        <link rel="icon" href="data:,">
        <title>${headline} · DarkHorses</title>
        <style>
    ${STYLE}</style>
      </head>
      <body>
        <header class="${mood}">
    <p class="made"><b>DarkHorses</b> ${data.project}</p>
    <h1>${headline}</h1>
    <p class="made"><time datetime="${data.made_at.toISOString()}">${fullMoment(data.made_at)}</time></p>
    ${renderVerdict(data)}
        </header>
        <nav aria-label="On this page">
          <ul>${sections.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul>
        </nav>
        <main>
    ${sections.map(({ id, name, content }) =>
      html`
        <section id="${id}" aria-labelledby="${id}_heading">
        <h2 id="${id}_heading">${name}</h2>
        ${content}</section>
      `
    )}</main>
        <footer>
          <p>Times are those of the United Kingdom. The page does not change by itself: write a new one with
    <code>npx -y deno task darkhorses page --html FILE</code>.</p>
        </footer>
      </body>
    </html>
  `.text.trimStart();
}

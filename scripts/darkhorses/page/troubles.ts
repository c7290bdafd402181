import { type Html, html } from "./html.ts";
import type { IngestError, OpenAlert } from "./page_data.ts";
import { moment } from "./uk_time.ts";
import { title } from "./words.ts";

const ALERTS_SHOWN = 8;
const ERRORS_SHOWN = 4;

/** Open alerts, newest first. */
export function renderAlerts(alerts: readonly OpenAlert[]): Html {
  if (alerts.length === 0) return html`<p class="empty">No alert is open.</p>`;
  return renderRows(alerts, ALERTS_SHOWN, (alert) =>
    html`
      <li>
        <p class="heading"><b>${title(alert.kind)}</b> <span class="quiet">${alert.subject}, since ${moment(
          alert.raised_at,
        )}</span></p>
        <p class="said">${alert.message}</p>
      </li>
    `);
}

const CLASSES: Readonly<Record<string, string>> = {
  transient: "tried again later",
  chunk: "given up",
  account: "run paused",
  interruption: "interrupted",
  incomplete: "races lacked",
  lost_dispatch: "dispatch lost",
};

/** The latest failed attempts, newest first. */
export function renderErrors(errors: readonly IngestError[]): Html {
  if (errors.length === 0) return html`<p class="empty">No attempt has failed.</p>`;
  return renderRows(errors, ERRORS_SHOWN, (error) => {
    const answer = error.http_status === null
      ? error.endpoint
      : `${error.endpoint ?? ""} HTTP ${error.http_status}`;
    return html`
      <li>
        <p class="heading"><b>${title(error.feed)}</b> <span class="quiet">${[
          moment(error.occurred_at),
          CLASSES[error.failure_class] ?? error.failure_class,
          answer,
        ].filter(Boolean)
          .join(", ")}</span></p>
        <p class="said">${error.message}</p>
      </li>
    `;
  });
}

function renderRows<Row>(rows: readonly Row[], shown: number, render: (row: Row) => Html): Html {
  const rest = rows.slice(shown);
  return html`<ul class="rows">${rows.slice(0, shown).map(render)}</ul>${
    rest.length > 0 &&
    html`
      <details>
        <summary>${rest.length} more</summary>
        <ul class="rows">${rest.map(render)}</ul>
      </details>
    `
  }`;
}

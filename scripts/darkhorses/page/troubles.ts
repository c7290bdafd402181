import { count } from "../rendering/words.ts";
import { type Html, html } from "./html.ts";
import type { IngestError, OpenAlert } from "./page_data.ts";
import { moment } from "./uk_time.ts";
import { title } from "./words.ts";

const ALERTS_SHOWN = 8;
const ERRORS_SHOWN = 4;

/** Open alerts, newest first. */
export function renderAlerts(alerts: readonly OpenAlert[]): Html {
  if (alerts.length === 0) return html`<p class="empty">No alert is open.</p>`;
  return renderRows(
    alerts,
    ALERTS_SHOWN,
    (alert) =>
      renderRow(title(alert.kind), `${alert.subject}, since ${moment(alert.raised_at)}`, alert.message),
  );
}

const CLASSES: Readonly<Record<string, string>> = {
  transient: "tried again later",
  chunk: "given up",
  account: "run paused",
  interruption: "interrupted",
  incomplete: "races lacked",
  lost_dispatch: "dispatch lost",
};

/** The latest failed attempts, newest first; those that say the same are one. */
export function renderErrors(errors: readonly IngestError[]): Html {
  if (errors.length === 0) return html`<p class="empty">No attempt has failed.</p>`;
  const alike = [
    ...Map.groupBy(errors, (error) => [error.feed, error.failure_class, error.message].join("\n")).values(),
  ];
  return renderRows(alike, ERRORS_SHOWN, (group) => {
    const [error] = group;
    if (error === undefined) return html``;
    const facts = [
      moment(error.occurred_at),
      CLASSES[error.failure_class] ?? error.failure_class,
      error.http_status === null ? undefined : `HTTP ${error.http_status}`,
      group.length === 1 ? undefined : `${count(group.length, "time")}`,
    ];
    return renderRow(title(error.feed), facts.filter(Boolean).join(", "), error.message);
  });
}

function renderRow(name: string, facts: string, said: string): Html {
  return html`
    <li>
      <p class="heading"><b>${name}</b> <span class="quiet">${facts}</span></p>
      <p class="said">${said}</p>
    </li>
  `;
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

import { count, duration, number } from "../rendering/words.ts";
import { type Html, html } from "./html.ts";
import type { RunStatus } from "./page_data.ts";
import { dateName } from "./uk_time.ts";
import { title } from "./words.ts";

const IS_OVER = ["succeeded", "completed_with_failures", "cancelled"];

/** Each run: how far it is, and what to do about it. */
export function renderRuns(runs: readonly RunStatus[]): Html {
  if (runs.length === 0) return html`<p class="empty">Nobody has started a run yet.</p>`;
  return html`<ul class="rows">${runs.map(renderRun)}</ul>`;
}

function renderRun(run: RunStatus): Html {
  const dead = run.chunks_dead > 0 && `, ${number(run.chunks_dead)} given up`;
  return html`
    <li>
    <p class="heading"><b>Run ${run.run_id}</b> <span class="word ${moodOf(run.state)}">${title(
      run.state,
    )}</span></p>
    ${!IS_OVER.includes(run.state) &&
      html`<progress max="100" value="${run.percent}" aria-label="Run ${run.run_id}, ${run.percent} percent"></progress>`}
    <p>${run.feeds.join(", ")}${run.start_date !== null && run.end_date !== null &&
      `, ${dateName(run.start_date)} to ${dateName(run.end_date)}`}</p>
    <p class="quiet">${number(run.percent)} %, ${number(run.chunks_succeeded)} of ${count(
      run.chunks_total,
      "chunk",
    )}${dead}${run.seconds_left !== null && `, ${duration(run.seconds_left)} left`}</p>
    <p>${run.what_to_do}</p>
    </li>
  `;
}

function moodOf(state: string): string {
  if (state === "succeeded") return "complete";
  if (state === "completed_with_failures") return "failed";
  if (state === "paused") return "partial";
  return state === "running" || state === "waiting" ? "running" : "missing";
}

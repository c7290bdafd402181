import { failedMonths } from "../coverage_month.ts";
import { count, duration } from "../rendering/words.ts";
import { cellAnchor, monthOf } from "./grid.ts";
import { type Html, html } from "./html.ts";
import type { PageData } from "./page_data.ts";
import { title } from "./words.ts";

/** More links than these would push the grid off a phone's screen. */
const FAILED_SHOWN = 2;

/** How things are, from which the page's title and its first lines are made. */
export interface Verdict {
  readonly mood: "bad" | "busy" | "good" | "idle";
  readonly headline: string;
}

/** The worst thing that is true. */
export function judge(data: PageData): Verdict {
  const failed = failedMonths(data.months);
  if (failed.length > 0) {
    const dated = failed.every(({ month }) => month !== null);
    return { mood: "bad", headline: `${count(failed.length, dated ? "month" : "part")} failed` };
  }
  const paused = data.runs.find(({ state }) => state === "paused");
  if (paused !== undefined) return { mood: "bad", headline: `Run ${paused.run_id} is paused` };
  const late = data.freshness.filter(({ state }) => state === "late");
  if (late.length > 0) {
    const feeds = late.map(({ feed }) => feed).join(" and ");
    return {
      mood: "bad",
      headline: `${title(feeds)} ${late.length === 1 && !feeds.endsWith("s") ? "is" : "are"} late`,
    };
  }
  if (data.alerts.length > 0) return { mood: "bad", headline: `${count(data.alerts.length, "alert")} open` };
  const busy = data.runs.filter(({ state }) => state === "running" || state === "waiting");
  if (busy.length > 0) {
    const seconds = Math.max(...busy.map(({ seconds_left }) => seconds_left ?? 0));
    return { mood: "busy", headline: seconds > 0 ? `Filling: ${duration(seconds)} left` : "Filling" };
  }
  if (isUntouched(data)) return { mood: "idle", headline: "Nothing was asked for yet" };
  if (data.gaps > 0) return { mood: "idle", headline: `${count(data.gaps, "day")} missing` };
  return { mood: "good", headline: "Everything asked for is stored" };
}

/** Whether nobody has ever asked for anything. A feed without days is in the grid before that. */
export function isUntouched({ months, runs }: PageData): boolean {
  return runs.length === 0 && months.every(({ month, run_id }) => month === null && run_id === null);
}

/** The first lines below the headline: what is wrong and where, or what to do first. */
export function renderVerdict(data: PageData): Html {
  const failed = failedMonths(data.months);
  const more = failed.length - FAILED_SHOWN;
  return html`${
    failed.length > 0 && html`<ul class="failures">${
      failed.slice(0, FAILED_SHOWN).map((row) =>
        html`<li><a href="#${cellAnchor(row)}"><b>${monthOf(row)}</b><span class="said">${
          row.last_error ?? "No error was noted."
        }</span></a></li>`
      )
    }</ul>
${more > 0 && html`<p><a href="#failed">${more} more failed</a></p>`}`
  }${
    isUntouched(data) &&
    html`<p>See what a backfill would cost, and start it, in the SQL editor:</p>
<pre><code>select *
from backfill_plan(date '2015-01-01');

select backfill_start(date '2015-01-01');</code></pre>`
  }`;
}

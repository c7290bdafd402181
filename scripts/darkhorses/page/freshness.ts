import { type Html, html } from "./html.ts";
import type { FeedFreshness } from "./page_data.ts";
import { dayName, moment } from "./uk_time.ts";
import { title } from "./words.ts";

const WORDS: Readonly<Record<string, { readonly words: string; readonly mood: string }>> = {
  fresh: { words: "fresh", mood: "complete" },
  late: { words: "late", mood: "failed" },
  waiting: { words: "waiting", mood: "running" },
  not_scheduled: { words: "not scheduled", mood: "missing" },
  nothing_asked_for: { words: "nothing asked for", mood: "missing" },
};

/** How new each feed's data is. */
export function renderFreshness(freshness: readonly FeedFreshness[]): Html {
  const scheduled = freshness.some(({ next_due_at }) => next_due_at !== null);
  return html`<ul class="rows">${freshness.map(renderFeed)}</ul>
${
    !scheduled && html`<p class="note">No daily pull is scheduled. To begin: <code>select * from
start_schedules();</code></p>`
  }`;
}

function renderFeed(row: FeedFreshness): Html {
  const { words, mood } = WORDS[row.state] ?? { words: row.state, mood: "missing" };
  const facts: readonly (readonly [string, string | null])[] = [
    ["Newest day", row.newest_day === null ? null : dayName(row.newest_day)],
    ["Pulled", row.last_pulled_at === null ? null : moment(row.last_pulled_at)],
    ["Was due", row.state === "late" && row.expected_since !== null ? moment(row.expected_since) : null],
    ["Next pull", row.next_due_at === null ? null : moment(row.next_due_at)],
  ];
  const known = facts.filter(([, fact]) => fact !== null);
  return html`
    <li>
    <p class="heading"><b>${title(row.feed)}</b> <span class="word ${mood}">${words}</span></p>
    ${known.length > 0 && html`<dl>${
      known.map(([name, fact]) =>
        html`
          <div>
            <dt>${name}</dt>
            <dd>${fact}</dd>
          </div>
        `
      )
    }</dl>`}
    </li>
  `;
}

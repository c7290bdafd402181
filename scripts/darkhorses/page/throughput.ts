import { number } from "../rendering/words.ts";
import { renderBarChart } from "./bar_chart.ts";
import { type Html, html } from "./html.ts";
import type { Throughput, ThroughputBin } from "./page_data.ts";
import { clockSeconds, clockTime, moment, weekday } from "./uk_time.ts";
import { title } from "./words.ts";

const BIN_NAMES: Readonly<Record<number, string>> = {
  10: "in ten seconds",
  60: "a minute",
  300: "in five minutes",
  900: "in a quarter of an hour",
  3600: "an hour",
  10_800: "in three hours",
};

const TICKS = 3;

/** Races and API calls over time, up to the present. */
export function renderThroughput({ bins, bin_seconds }: Throughput, now: Date): Html {
  const starts = timeline(bins, bin_seconds, now);
  if (starts.length === 0) return html`<p class="empty">Nothing was pulled in the last seven days.</p>`;
  const feeds = [...new Set(bins.map(({ feed }) => feed))].toSorted().toReversed();
  const found = new Map(bins.map((bin) => [`${bin.feed} ${bin.starts_at.getTime()}`, bin]));
  const values = (feed: string, what: "races" | "calls") =>
    starts.map((start) => found.get(`${feed} ${start.getTime()}`)?.[what] ?? 0);
  const inWords = BIN_NAMES[bin_seconds] ?? `in ${bin_seconds} seconds`;
  return html`
    <div class="charts">${(["races", "calls"] as const).map((what) => {
      const series = feeds.map((feed) => ({ name: title(feed), values: values(feed, what) }))
        .filter((one) => one.values.some((value) => value > 0));
      if (series.length === 0) return null;
      const name = what === "races" ? "Races stored" : "API calls";
      return renderBarChart({
        caption: `${name} ${inWords}`,
        summary: `${name} ${inWords}. ${summaryOf(bins, what, bin_seconds)}`,
        series,
        ticks: ticksOf(starts, bin_seconds),
      });
    })}</div>
    <p
      class="note">A race counts once as a card and once as a result, in the stretch in which its month was done.</p>
  `;
}

/** The start of each stretch from the first in which something was done up to the present. */
function timeline(bins: readonly ThroughputBin[], seconds: number, now: Date): Date[] {
  const [first] = bins;
  if (first === undefined) return [];
  const start = Math.min(...bins.map(({ starts_at }) => starts_at.getTime()));
  // What is counted while the page is read may be a moment younger than the page.
  const end = Math.max(now.getTime(), ...bins.map(({ starts_at }) => starts_at.getTime()));
  return Array.from(
    { length: Math.floor((end - start) / (seconds * 1000)) + 1 },
    (_, n) => new Date(start + n * seconds * 1000),
  );
}

function ticksOf(starts: readonly Date[], seconds: number): { at: number; label: string }[] {
  const [first] = starts;
  if (first === undefined) return [];
  const hours = starts.length * seconds / 3600;
  const label = hours > 40 ? weekday : seconds < 60 ? clockSeconds : clockTime;
  const inner = starts.length < 8 ? [] : Array.from({ length: TICKS - 1 }, (_, n) => {
    const index = Math.round((n + 1) * starts.length / TICKS);
    const start = starts[index];
    return start === undefined ? [] : [{ at: index / starts.length, label: label(start) }];
  }).flat();
  return [{ at: 0, label: label(first) }, ...inner, { at: 1, label: "now" }];
}

function summaryOf(bins: readonly ThroughputBin[], what: "races" | "calls", seconds: number): string {
  const totals = new Map<number, number>();
  for (const bin of bins) {
    totals.set(bin.starts_at.getTime(), (totals.get(bin.starts_at.getTime()) ?? 0) + bin[what]);
  }
  const [[at, most] = [0, 0]] = [...totals].toSorted(([, a], [, b]) => b - a);
  const sum = [...totals.values()].reduce((a, b) => a + b, 0);
  const when = seconds < 60
    ? `${weekday(new Date(at))}, ${clockSeconds(new Date(at))}`
    : moment(new Date(at));
  return `${number(sum)} in all, at most ${number(most)} from ${when}.`;
}

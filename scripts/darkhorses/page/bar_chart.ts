import { number } from "../rendering/words.ts";
import { type Html, html } from "./html.ts";

/** Bars side by side, each of one or more values on top of each other. */
export interface BarChart {
  /** What is counted, in which stretch of time. */
  readonly caption: string;
  /** The same for somebody who does not see the bars. */
  readonly summary: string;
  /** In the order in which they are piled up, the lowest first. */
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  /** Below the bars, at places from 0 to 1. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** The next number of 1, 2, 5, 10, … */
export function roundUp(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5, 10].find((step) => value <= step * power) ?? 10);
}

const HEIGHT = 100;
/** Of a bar's place, what is left free. */
const GAP = 0.16;

/**
 * A chart as plain SVG. The drawing is stretched to the page's width; its words stand beside it, so that they keep
 * their size.
 */
export function renderBarChart({ caption, summary, series, ticks }: BarChart): Html {
  const bars = Math.max(...series.map(({ values }) => values.length));
  const totals = Array.from(
    { length: bars },
    (_, n) => series.reduce((sum, { values }) => sum + (values[n] ?? 0), 0),
  );
  const top = roundUp(Math.max(...totals));
  const floors = totals.map(() => 0);
  const rectangles = series.map(({ values }, s) =>
    values.map((value, n) => {
      const floor = floors[n] ?? 0;
      floors[n] = floor + value;
      if (value === 0) return null;
      const height = value / top * HEIGHT;
      const y = HEIGHT - (floor + value) / top * HEIGHT;
      return html`
        <rect class="series_${s % 4}" x="${round(n + GAP / 2)}" y="${round(y)}" width="${round(
          1 - GAP,
        )}" height="${round(height)}" />
      `;
    })
  );
  return html`
    <figure class="chart">
    <figcaption>${caption}</figcaption>
    <div class="plot">
    <span class="level" style="bottom:100%" aria-hidden="true">${number(
      top,
    )}</span><span class="level" style="bottom:50%" aria-hidden="true">${number(top / 2)}</span>
    <svg viewBox="0 0 ${bars} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${summary}"><path class="line" d="M0 0H${bars}M0 50H${bars}"/>${rectangles}<path class="axis" d="M0 ${HEIGHT}H${bars}"/></svg>
    </div>
    <div class="ticks" aria-hidden="true">${ticks.map(({ at, label }) =>
      html`<span class="${at === 0 ? "first" : at === 1 ? "last" : "inner"}" style="left:${
        round(at * 100)
      }%">${label}</span>`
    )}</div>
    ${series.length > 1 &&
      html`<ul class="legend">${
        series.map(({ name }, s) =>
          html`<li><span class="swatch series_${s % 4}" aria-hidden="true"></span> ${name}</li>`
        )
      }</ul>`}
    </figure>
  `;
}

const round = (value: number) => Math.round(value * 100) / 100;

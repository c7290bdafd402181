import { assert, assertEquals } from "@std/assert";
import type { PageData } from "./page_data.ts";
import { renderPage } from "./render_page.ts";
import { type Browser, findChromium, type Look, startChromium } from "./test_support/chromium.ts";
import { NOTHING_ASKED_FOR, ONE_FAILED_MONTH } from "./test_support/sample_data.ts";

const PHONE = { width: 390, height: 844 } as const;
const LONG = "x".repeat(3000);

/** Texts without a place to break, in all that a database writes freely. */
const LONG_TEXTS: PageData = {
  ...ONE_FAILED_MONTH,
  project: LONG,
  months: ONE_FAILED_MONTH.months.map((row) => ({
    ...row,
    last_error: row.last_error && LONG,
    races_in_api: 12_345,
  })),
  alerts: ONE_FAILED_MONTH.alerts.map((alert) => ({ ...alert, subject: LONG, message: LONG })),
  errors: ONE_FAILED_MONTH.errors.map((error) => ({ ...error, message: LONG })),
  runs: ONE_FAILED_MONTH.runs.map((run) => ({ ...run, what_to_do: LONG })),
};

type Open = (data: PageData, look: Look) => Promise<Browser>;

const chromium = await findChromium();
let browser: Browser | undefined;
let file: string;

Deno.test.beforeAll(async () => {
  file = await Deno.makeTempFile({ suffix: ".html" });
  if (chromium !== undefined) browser = await startChromium(chromium);
});
Deno.test.afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await Deno.remove(file);
});

/** A test that needs a browser; without one it says that it was not tried. */
function inChromium(name: string, test: (open: Open) => Promise<void>): void {
  Deno.test(name, async () => {
    const tried = browser;
    if (tried === undefined) {
      console.error(
        `NOT TRIED, because this machine has no Chromium (Debian: apt-get install chromium): ${name}`,
      );
      return;
    }
    await test(async (data, look) => {
      await Deno.writeTextFile(file, renderPage(data));
      await tried.open(file, look);
      return tried;
    });
  });
}

const bottomOf = (selector: string) => `document.querySelector('${selector}').getBoundingClientRect().bottom`;

inChromium("on a phone the failed month, its error and its cell are seen without scrolling", async (open) => {
  const browser = await open(ONE_FAILED_MONTH, PHONE);
  for (const selector of ["header .failures a", "#month-results-2016-02"]) {
    const bottom = Number(await browser.evaluate(bottomOf(selector)));
    assert(bottom > 0 && bottom <= PHONE.height, `${selector} ends at ${bottom}`);
  }
  assertEquals(
    await browser.evaluate("document.querySelector('header .failures b').textContent"),
    "Results, February 2016",
  );
});

inChromium("even a very long error leaves the grid's first row on a phone's first screen", async (open) => {
  const browser = await open(LONG_TEXTS, PHONE);
  const bottom = Number(await browser.evaluate(bottomOf(".grid tbody tr")));
  assert(bottom > 0 && bottom <= PHONE.height, `the first row ends at ${bottom}`);
});

inChromium("no page scrolls sideways, whatever is opened and however long a text is", async (open) => {
  for (const data of [ONE_FAILED_MONTH, LONG_TEXTS, NOTHING_ASKED_FOR]) {
    for (const width of [320, 390, 768, 1280]) {
      const browser = await open(data, { width, height: 844 });
      await browser.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)");
      const wide = await browser.evaluate(
        "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)",
      );
      assertEquals(wide, width, `${data.project?.slice(0, 9)} at ${width}`);
    }
  }
});

inChromium(
  "the keyboard reaches the failed month first and goes from it to its cell and the reason",
  async (open) => {
    const browser = await open(ONE_FAILED_MONTH, PHONE);
    await browser.press("Tab");
    assertEquals(
      await browser.evaluate("document.activeElement.getAttribute('href')"),
      "#month-results-2016-02",
    );
    assertEquals(await browser.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "solid");
    await browser.press("Enter");
    assertEquals(await browser.evaluate("document.querySelector(':target').id"), "month-results-2016-02");
    // The next stop is inside of the cell that was gone to.
    await browser.press("Tab");
    assertEquals(
      await browser.evaluate("document.activeElement.getAttribute('href')"),
      "#why-results-2016-02",
    );
    await browser.press("Enter");
    assertEquals(
      await browser.evaluate("document.querySelector(':target h3').textContent"),
      "Results, February 2016",
    );
  },
);

inChromium("it is dark where the reader wants it dark", async (open) => {
  const background = "getComputedStyle(document.body).backgroundColor";
  const light = await (await open(ONE_FAILED_MONTH, PHONE)).evaluate(background);
  const dark = await (await open(ONE_FAILED_MONTH, { ...PHONE, scheme: "dark" })).evaluate(background);
  assertEquals([light, dark], ["rgb(245, 246, 244)", "rgb(18, 22, 20)"]);
});

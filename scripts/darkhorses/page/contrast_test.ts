import { assertEquals } from "@std/assert";

/** What stands on what: texts need 4.5, drawings 3 (WCAG 2.2 AA). */
const TEXTS = [
  ["text", "page"],
  ["text", "card"],
  ["quiet", "page"],
  ["quiet", "card"],
  ["accent", "page"],
  ["accent", "card"],
  ["on_failed", "failed"],
  ["on_failed_soft", "failed_soft"],
  ["on_running", "running"],
  ["on_running", "running_line"],
  ["on_complete", "complete"],
  ["on_partial", "partial"],
  ["on_missing", "missing"],
] as const;
const DRAWINGS = [
  ["series_0", "card"],
  ["series_1", "card"],
  ["series_2", "card"],
  ["series_3", "card"],
  ["failed", "card"],
  ["accent", "page"],
] as const;

type Colours = Readonly<Record<string, string>>;

function coloursOf(rule: string): Colours {
  return Object.fromEntries(
    [...rule.matchAll(/--(\w+): (#[0-9a-f]{6});/g)].map(([, name = "", value = ""]) => [name, value]),
  );
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].toSorted((one, other) => one - other);
  return (light + 0.05) / (dark + 0.05);
}

function tooFaint(colours: Colours): string[] {
  const faint = (pairs: readonly (readonly [string, string])[], least: number) =>
    pairs.flatMap(([front, back]) => {
      const ratio = contrast(colours[front] ?? "#777777", colours[back] ?? "#777777");
      return ratio < least ? [`${front} on ${back}: ${ratio.toFixed(2)} of ${least}`] : [];
    });
  return [...faint(TEXTS, 4.5), ...faint(DRAWINGS, 3)];
}

const css = await Deno.readTextFile(new URL("page.css", import.meta.url));
const [light = "", dark = ""] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, rule = ""]) => rule);

Deno.test("colours stand out from what they are on, in the light", () =>
  assertEquals(tooFaint(coloursOf(light)), []));

Deno.test("colours stand out from what they are on, in the dark", () =>
  assertEquals(tooFaint(coloursOf(dark)), []));

Deno.test("the dark has a colour of its own for each of the light's", () => {
  assertEquals(Object.keys(coloursOf(dark)), Object.keys(coloursOf(light)));
});

Deno.test("a colour that is too faint is found", () => {
  assertEquals(tooFaint({ ...coloursOf(light), quiet: "#999999" }), [
    "quiet on page: 2.63 of 4.5",
    "quiet on card: 2.85 of 4.5",
  ]);
});

import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
/** Where a file named in the documents may be. */
const PLACES = ["supabase/functions/_shared/", "supabase/tests/", ""];
const REFERENCE = /`([\w./-]+_test\.ts)`: "([^"]+)"/g;

interface Reference {
  readonly file: string;
  readonly test: string;
}

/** An item of a list, with the lines of the list below it. */
interface Entry {
  /** Of a numbered list. */
  readonly number: number | null;
  readonly says: string;
  readonly below: readonly string[];
}

function readDocument(name: string): string {
  return Deno.readTextFileSync(new URL(`docs/${name}`, ROOT));
}

/** The items of all lists. A sentence is broken over lines: they are put together again. */
function entriesIn(document: string): Entry[] {
  const entries: { number: number | null; lines: string[] }[] = [];
  let isInList = false;
  for (const line of document.split("\n")) {
    const [, number, says] = /^(?:(\d+)\.|-) (.*)$/.exec(line) ?? [];
    const [, below] = /^ +- (.*)$/.exec(line) ?? [];
    const lines = entries.at(-1)?.lines ?? [];
    if (says !== undefined) {
      entries.push({ number: number === undefined ? null : Number(number), lines: [says] });
      isInList = true;
    } else if (!isInList || /^\S/.test(line)) isInList = false;
    else if (below !== undefined) lines.push(below);
    else if (line !== "") lines.push(`${lines.pop()} ${line.trim()}`);
  }
  return entries.map(({ number, lines: [says = "", ...below] }) => ({ number, says, below }));
}

function referencesIn(text: string): Reference[] {
  return [...text.replace(/\s*\n\s*/g, " ").matchAll(REFERENCE)].map(([, file = "", test = ""]) => ({
    file,
    test,
  }));
}

function sourceOf(file: string): string | null {
  for (const place of PLACES) {
    try {
      return Deno.readTextFileSync(new URL(place + file, ROOT));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}

/** What is wrong with a reference; null when the file has such a test. */
function faultOf({ file, test }: Reference): string | null {
  const source = sourceOf(file);
  if (source === null) return `There is no ${file}`;
  const name = test.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`Deno\\.test\\(\\s*(["\`])${name}\\1`).test(source)
    ? null
    : `${file} has no test "${test}"`;
}

/** What is wrong with the form of an entry: below it stands nothing but a test a line, and at least one. */
function faultsOfForm({ says, below }: Entry): string[] {
  const faults = below.filter((line) => line.replace(REFERENCE, "") !== "")
    .map((line) => `"${says}": this is not \`file_test.ts\`: "name": ${line}`);
  return below.length === 0 ? [`"${says}" names no test`] : faults;
}

for (const name of ["traps.md", "merging.md"]) {
  Deno.test(`every test that docs/${name} names is there`, () => {
    const references = referencesIn(readDocument(name));
    assert(references.length >= 10, `Only ${references.length} tests were found: has the form changed?`);
    assertEquals(references.map(faultOf).filter((fault) => fault !== null), []);
  });

  Deno.test(`every entry of docs/${name} names its tests, one a line`, () => {
    const entries = entriesIn(readDocument(name));
    assert(entries.length >= 10, `Only ${entries.length} entries were found: has the form changed?`);
    assertEquals(entries.flatMap(faultsOfForm), []);
    const below = entries.flatMap((entry) => entry.below).flatMap(referencesIn);
    const all = referencesIn(readDocument(name));
    // A sentence may name one more.
    assert(all.length - below.length <= 1, `${all.length - below.length} tests are named outside an entry`);
  });
}

Deno.test("docs/traps.md has the fourteen faults, numbered", () => {
  const numbers = entriesIn(readDocument("traps.md")).flatMap(({ number }) => number ?? []);
  assertEquals(numbers, Array.from({ length: 14 }, (_, index) => index + 1));
});

Deno.test("a name that no test has is found out", () => {
  const [fault] = referencesIn('`ingest_page_test.ts`: "a test that does not exist"').map(faultOf);
  assertEquals(fault, 'ingest_page_test.ts has no test "a test that does not exist"');
  assertEquals(faultOf({ file: "nowhere_test.ts", test: "x" }), "There is no nowhere_test.ts");
});

Deno.test("an entry without a test, or with a line that names none, is found out", () => {
  const page = [
    "Words before - not a list.",
    "",
    "- A trap that",
    "  goes on",
    '  - `a_test.ts`: "a long',
    '    name"',
    "",
    "- A trap without a test",
    "",
    "10. A fault",
    '    - `a_test.ts`: "a name',
    "    - by hand",
    "",
    'A sentence (`a_test.ts`: "another").',
  ].join("\n");
  assertEquals(entriesIn(page).map(({ number, says, below }) => [number, says, below.length]), [
    [null, "A trap that goes on", 1],
    [null, "A trap without a test", 0],
    [10, "A fault", 2],
  ]);
  assertEquals(entriesIn(page).flatMap(faultsOfForm), [
    '"A trap without a test" names no test',
    '"A fault": this is not `file_test.ts`: "name": `a_test.ts`: "a name',
    '"A fault": this is not `file_test.ts`: "name": by hand',
  ]);
});

import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);
/** Where a file named in the documents may be. */
const PLACES = ["supabase/functions/_shared/", "supabase/tests/", ""];
const REFERENCE = /`([\w./-]+_test\.ts)`: "([^"]+)"/g;

interface Reference {
  readonly file: string;
  readonly test: string;
}

function readDocument(name: string): string {
  return Deno.readTextFileSync(new URL(`docs/${name}`, ROOT));
}

function tableRows(document: string): string[] {
  return document.split("\n").filter((line) =>
    line.startsWith("|") && !/^\|[\s:|-]+\|$/.test(line) && !/\| Held by +\|$/.test(line)
  );
}

function referencesIn(text: string): Reference[] {
  // A sentence is broken over lines, a test's name is not.
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

for (const name of ["traps.md", "merging.md"]) {
  Deno.test(`every test that docs/${name} names is there`, () => {
    const references = referencesIn(readDocument(name));
    assert(references.length >= 10, `Only ${references.length} tests were found: has the form changed?`);
    assertEquals(references.map(faultOf).filter((fault) => fault !== null), []);
  });
}

Deno.test("docs/traps.md has the fourteen faults, and names a test for each fault and each trap", () => {
  const rows = tableRows(readDocument("traps.md"));
  assertEquals(rows.filter((row) => /^\| \d+\. /.test(row)).length, 14);
  assertEquals(rows.filter((row) => referencesIn(row).length === 0), []);
});

Deno.test("a name that no test has is found out", () => {
  const [fault] = referencesIn('`ingest_page_test.ts`: "a test that does not exist"').map(faultOf);
  assertEquals(fault, 'ingest_page_test.ts has no test "a test that does not exist"');
  assertEquals(faultOf({ file: "nowhere_test.ts", test: "x" }), "There is no nowhere_test.ts");
});

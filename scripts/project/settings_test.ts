import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../command_line/problem.ts";
import { readAddress, readDatabaseUrl, readLimit, readProjectRef, readSettings } from "./settings.ts";

const REF = "abcdefghijklmnopqrst";

for (
  const given of [
    REF,
    ` ${REF}\n`,
    `https://${REF}.supabase.co`,
    `https://supabase.com/dashboard/project/${REF}`,
    `https://supabase.com/dashboard/project/${REF}/sql/new`,
  ]
) {
  Deno.test(`the project of "${given.trim()}" is found`, () => assertEquals(readProjectRef(given), REF));
}

for (const given of ["", "YOUR-PROJECT", "https://YOUR-PROJECT.supabase.co", "abc", `${REF}u`]) {
  Deno.test(`"${given}" is no project`, () => {
    assertThrows(() => readProjectRef(given), Problem, "is no project: give its ref");
  });
}

const pooler = (user: string, port = 5432) =>
  `postgresql://${user}@aws-0-eu-west-2.pooler.example.com:${port}/postgres`;

Deno.test("a connection string of the project is taken, of the pooler and of the database itself", () => {
  assertEquals(readDatabaseUrl(pooler(`postgres.${REF}:a%25b`), REF).password, "a%25b");
  readDatabaseUrl(`postgresql://postgres:x@db.${REF}.supabase.co:5432/postgres`, REF);
  readDatabaseUrl("postgresql://postgres:x@127.0.0.1:5432/postgres", REF);
});

const refused: [string, string][] = [
  ["here", "must be like postgresql://"],
  [pooler(`postgres.${REF}:[YOUR-PASSWORD]`), "in the place of [YOUR-PASSWORD]"],
  [pooler(`postgres.${REF}`), "lacks the user, the password or the host"],
  [pooler(`postgres.${REF}:x`, 6543), "Take the one of the session pooler"],
  [pooler("postgres.tsrqponmlkjihgfedcba:x"), `belongs to the project tsrqponmlkjihgfedcba, not to ${REF}`],
  ["postgresql://postgres:x@db.tsrqponmlkjihgfedcba.supabase.co/postgres", "belongs to the project tsrqp"],
];
for (const [given, sentence] of refused) {
  Deno.test(`a connection string such as ${given} is refused: ${sentence}`, () => {
    assertThrows(() => readDatabaseUrl(given, REF), Problem, sentence);
  });
}

Deno.test("a limit is a whole number of megabytes", () => {
  assertEquals(readLimit("8000"), 8000);
  for (const given of ["0", "8 GB", "1.5"]) assertThrows(() => readLimit(given), Problem, given);
});

Deno.test("something is sent to an address with encryption, or to this machine", () => {
  assertEquals(readAddress("https://example.com/v1/", "RACING_API_URL"), "https://example.com/v1");
  assertEquals(readAddress("http://127.0.0.1:5000", "PROJECT_URL"), "http://127.0.0.1:5000");
  for (const given of ["http://example.com", "example.com", "file:///x"]) {
    assertThrows(() => readAddress(given, "PROJECT_URL"), Problem, "begins with https://");
  }
});

Deno.test("the environment goes before the file, and an empty variable is none", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "PROJECT_REF='one'\nWORKER_SECRET=two\nELSE=3\n");
    const variables = new Map([["PROJECT_REF", "other"], ["WORKER_SECRET", " "]]);
    assertEquals(await readSettings(path, (name) => variables.get(name)), {
      PROJECT_REF: "other",
      WORKER_SECRET: "two",
    });
  } finally {
    await Deno.remove(path);
  }
});

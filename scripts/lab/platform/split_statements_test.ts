import { assertEquals } from "@std/assert";
import { splitStatements } from "./split_statements.ts";

const texts = (sql: string) => splitStatements(sql).map((statement) => statement.text);

Deno.test("splitStatements() cuts at semicolons and leaves them out", () => {
  assertEquals(texts("select 1; select 2 ;\n\n;select 3"), ["select 1", "select 2", "select 3"]);
});

Deno.test("splitStatements() leaves comments between statements out and those inside alone", () => {
  assertEquals(texts("-- a; b\n/* c; /* d; */ e; */ select 1 -- f; g\n + 2; -- h"), [
    "select 1 -- f; g\n + 2",
  ]);
});

Deno.test("splitStatements() knows strings, escape strings and quoted names", () => {
  const statements = [`select 'a;''b;'`, `select E'a;\\';b'`, `select ";""; x" from t`, `select 'C:\\'`];
  assertEquals(texts(statements.join(";")), statements);
});

Deno.test("splitStatements() knows dollar quotes, with and without a tag", () => {
  const statements = ["do $$ begin a; b; end $$", "select $x$ $$;$$ $y$ ; $x$", "select $1"];
  assertEquals(texts(statements.join(";\n")), statements);
});

Deno.test("splitStatements() keeps the body of an SQL-standard function together", () => {
  const statements = [
    "create function f() returns int begin atomic select case when true then 1 else 2 end; select 3; end",
    "begin",
    "select 4",
  ];
  assertEquals(texts(statements.join(";\n")), statements);
});

Deno.test("splitStatements() tells the line that a statement begins on", () => {
  assertEquals(splitStatements("-- one\nselect 1;\n\n/* a\nb */ select\n2;").map((s) => s.line), [2, 5]);
});

Deno.test("splitStatements() of nothing is nothing", () => {
  assertEquals(texts(" \n-- nothing\n"), []);
});

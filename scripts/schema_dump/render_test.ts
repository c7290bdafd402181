import { assertEquals, assertNotEquals } from "@std/assert";
import { renderSchema, withoutQualifiersInViews } from "./render.ts";

const body = (dump: string) => dump.slice(dump.indexOf("\n\n") + 2);

Deno.test("renderSchema() gathers statements by object, in an order that the order of reading has no part in", () => {
  const statements = [
    { object: "public.b", place: 0, text: "create table public.b ();" },
    { object: "public.a", place: 6, text: "grant update on public.a to y;" },
    { object: "public.a", place: 0, text: "create table public.a ();" },
    { object: "public.a", place: 6, text: "grant select on public.a to z;" },
  ];
  const expected = `-- public.a
create table public.a ();
grant select on public.a to z;
grant update on public.a to y;

-- public.b
create table public.b ();
`;
  assertEquals(body(renderSchema(statements)), expected);
  assertEquals(body(renderSchema(statements.toReversed())), expected);
});

Deno.test("renderSchema() leaves no space at the end of a line and no two empty lines", () => {
  const dump = renderSchema([{
    object: "f()",
    place: 0,
    text: "create function f() as $$ \n\n\n  select 1;  \n$$;\n",
  }]);
  assertEquals(body(dump), "-- f()\ncreate function f() as $$\n\n  select 1;\n$$;\n");
});

Deno.test("withoutQualifiersInViews() makes a view of Postgres 15 that of 17, and nothing else the same", () => {
  const view = (column: string) =>
    `-- public.v\ncreate view public.v as\nSELECT ${column}\n   FROM public.t;\n`;
  assertEquals(withoutQualifiersInViews(view("t.id")), withoutQualifiersInViews(view("id")));
  assertNotEquals(withoutQualifiersInViews(view("t.id")), withoutQualifiersInViews(view("t.name")));
  const table = "-- public.t\ncreate table public.t ();\n\n" + "-- engine.t\ncreate table engine.t ();\n";
  assertEquals(withoutQualifiersInViews(table), table);
});

import { assert, assertEquals } from "@std/assert";
import { EXPLAINED, unexplained } from "./advisors.ts";

const remark = (level: string, name: string) => ({ level, name, detail: "" });

Deno.test("unexplained() accepts remarks of an explained kind, and nothing above a remark", () => {
  assertEquals(unexplained([remark("INFO", "unused_index"), remark("INFO", "rls_enabled_no_policy")]), []);
  const bad = [
    remark("WARN", "unused_index"),
    remark("ERROR", "rls_disabled_in_public"),
    remark("INFO", "new_kind"),
  ];
  assertEquals(unexplained(bad), bad);
});

Deno.test("docs/security.md explains every kind of accepted remark", async () => {
  const guide = await Deno.readTextFile(new URL("../../../docs/security.md", import.meta.url));
  for (const name of Object.keys(EXPLAINED)) assert(guide.includes(`| \`${name}\``), name);
});

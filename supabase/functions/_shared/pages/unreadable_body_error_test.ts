import { assert, assertEquals } from "@std/assert";
import { UnreadableBodyError } from "./unreadable_body_error.ts";

Deno.test("UnreadableBodyError says what was expected and quotes the beginning of what came", () => {
  const error = new UnreadableBodyError("a list of regions", { detail: "Not Found" });
  assertEquals(
    error.message,
    `The Racing API's answer is not a list of regions. It begins: {"detail":"Not Found"}`,
  );
  assertEquals([error.name, error.failureClass], ["UnreadableBodyError", "chunk"]);
});

Deno.test("UnreadableBodyError quotes at most 200 characters, and only such as can be stored", () => {
  const prefix = "The Racing API's answer is not a list. It begins: ";
  const { message } = new UnreadableBodyError("a list", "\0" + "x".repeat(198) + "🐎".repeat(500));
  assertEquals(message, prefix + "x".repeat(198));
  assert(message.isWellFormed());
  assertEquals(new UnreadableBodyError("a list", undefined).message, prefix + "undefined");
});

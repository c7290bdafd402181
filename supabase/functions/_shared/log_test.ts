import { assertEquals } from "@std/assert";
import { createLogger } from "./log.ts";

function recorded(secrets: string[]) {
  const lines: string[] = [];
  return { lines, log: createLogger(secrets, (_level, line) => lines.push(line)) };
}

Deno.test("a line is one JSON object with run, chunk and feed", () => {
  const { lines, log } = recorded([]);
  log.with({ run: 3, chunk: 14 }).with({ feed: "results" }).info("page stored", { races: 100 });
  assertEquals(lines.map((line) => JSON.parse(line)), [
    { level: "info", event: "page stored", run: 3, chunk: 14, feed: "results", races: 100 },
  ]);
});

Deno.test("a secret never reaches a log line, in any field", () => {
  const { lines, log } = recorded(["hunter22", "hunter22-and-more"]);
  log.error("refused hunter22", { message: "Basic hunter22-and-more!", user: "hunter22" });
  assertEquals(lines, [
    '{"level":"error","event":"refused [secret]","message":"Basic [secret]!","user":"[secret]"}',
  ]);
  assertEquals(log.redact("x hunter22 y"), "x [secret] y");
});

Deno.test("a secret with characters that JSON escapes is redacted too", () => {
  const { lines, log } = recorded(['pass"word\\1']);
  log.info("said", { message: 'It is pass"word\\1.' });
  assertEquals(JSON.parse(lines[0] ?? "").message, "It is [secret].");
});

Deno.test("a text too short to be a secret is not redacted", () => {
  const { lines, log } = recorded(["u"]);
  log.info("unusual");
  assertEquals(JSON.parse(lines[0] ?? "").event, "unusual");
});

Deno.test("a logger counts its lines, and those of the loggers made from it", () => {
  const { log, lines } = recorded([]);
  log.info("started");
  const chunk = log.with({ chunk: 14 });
  chunk.info("claimed");
  chunk.with({ page: 1 }).error("failed");
  assertEquals([chunk.lines, log.lines, lines.length], [2, 3, 3]);
});

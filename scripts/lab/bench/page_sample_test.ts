import { assertEquals } from "@std/assert";
import { PageSample } from "./page_sample.ts";

const answer = () => Promise.resolve(new Response());
const body = (chunk_id: number, race_date?: string) =>
  JSON.stringify({
    chunk_id,
    lease_token: "x",
    page: { races: race_date ? [{ id: "rac_1", race_date }] : [] },
  });

Deno.test("pages of the sample's days are kept, and those without a race, each once, until it ends", async () => {
  const sample = new PageSample("2025-10-01");
  const call = (name: string, text: string) => sample.onDatabaseCall({ name, body: text }, answer);
  await call("ingest_page", body(1));
  await call("ingest_page", body(2, "2025-10-02"));
  await call("ingest_page", body(2, "2025-10-02"));
  await call("ingest_page", body(3, "2025-09-30"));
  await call("finish_chunk", body(2, "2025-10-03"));
  sample.end();
  await call("ingest_page", body(4, "2025-10-02"));
  assertEquals(sample.pages, [
    { chunk: 1, page: '{"races":[]}' },
    { chunk: 2, page: '{"races":[{"id":"rac_1","race_date":"2025-10-02"}]}' },
  ]);
});

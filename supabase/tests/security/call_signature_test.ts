import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createHmac } from "node:crypto";
import { sign, textToSign } from "../../functions/_shared/worker/signature.ts";
import { startTestDatabase, type TestDatabase } from "../support/test_database.ts";

/** SQL and the functions make the same signature of a dispatch. */
let db: TestDatabase;
Deno.test.beforeAll(async () => void (db = await startTestDatabase()));
Deno.test.afterAll(() => db.stop());
Deno.test.beforeEach(() => db.reset());

async function hmac(message: Uint8Array, key: Uint8Array): Promise<string | undefined> {
  const [row] = await db.sql<{ hex: string }[]>`
    select encode(engine.hmac_sha256(${message}::bytea, ${key}::bytea), 'hex') as hex
  `;
  return row?.hex;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const repeated = (byte: number, times: number) => new Uint8Array(times).fill(byte);

/** RFC 4231, sections 4.2 to 4.8; of the fifth only the first half of the bytes is given there. */
const RFC_4231: { key: Uint8Array; message: Uint8Array; hmac: string }[] = [
  {
    key: repeated(0x0b, 20),
    message: bytes("Hi There"),
    hmac: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  },
  {
    key: bytes("Jefe"),
    message: bytes("what do ya want for nothing?"),
    hmac: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  },
  {
    key: repeated(0xaa, 20),
    message: repeated(0xdd, 50),
    hmac: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
  },
  {
    key: Uint8Array.from({ length: 25 }, (_, index) => index + 1),
    message: repeated(0xcd, 50),
    hmac: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
  },
  {
    key: repeated(0x0c, 20),
    message: bytes("Test With Truncation"),
    hmac: "a3b6167473100ee06e0c796c2955552b",
  },
  {
    key: repeated(0xaa, 131),
    message: bytes("Test Using Larger Than Block-Size Key - Hash Key First"),
    hmac: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  },
  {
    key: repeated(0xaa, 131),
    message: bytes(
      "This is a test using a larger than block-size key and a larger than block-size data. " +
        "The key needs to be hashed before being used by the HMAC algorithm.",
    ),
    hmac: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
  },
];

for (const [index, { key, message, hmac: expected }] of RFC_4231.entries()) {
  Deno.test(`hmac_sha256() gives what RFC 4231 says in its test case ${index + 1}`, async () => {
    assertEquals((await hmac(message, key))?.slice(0, expected.length), expected);
  });
}

Deno.test("hmac_sha256() gives what node:crypto does, for any key and message", async () => {
  const key = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: "grapheme" }).map(bytes));
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), key, async (message, key) => {
      assertEquals(await hmac(message, key), createHmac("sha256", key).update(message).digest("hex"));
    }),
    {
      numRuns: 200,
      examples: [63, 64, 65].map((length) => [bytes("☂"), repeated(7, length)]),
    },
  );
});

Deno.test("SQL and the functions make the same signature of any text", async () => {
  const field = fc.string({ unit: "grapheme", maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(field, field, fc.nat(), fc.nat(), async (functionName, feed, id, expires) => {
      const [row] = await db.sql<{ text: string }[]>`
        select convert_from(
          engine.text_to_sign(${[functionName, feed, String(id), String(expires)]}), 'utf8'
        ) as text
      `;
      assertEquals(row?.text, textToSign({ functionName, subject: feed, id, expires }));
    }),
    { numRuns: 100, examples: [["☂,5:", "é'\"\\", 1, 2]] },
  );
});

/** What waits in the queue: the requests to the functions. */
async function queued() {
  return await db.sql<
    {
      url: string;
      headers: Record<string, string>;
      body: { feed: string; dispatch: number; expires: number };
    }[]
  >`select url, headers, convert_from(body, 'utf8')::jsonb as body from net.http_request_queue order by id`;
}

Deno.test("dispatch() signs function, feed, number and expiry with Vault's secret, and sends no secret", async () => {
  for (const feed of ["masters", "racecards", "results"]) await db.worker`select engine.dispatch(${feed})`;
  const dispatches = await queued();
  assertEquals(dispatches.map(({ body }) => body.feed), ["masters", "racecards", "results"]);
  for (const { url, headers, body: { feed, dispatch, expires } } of dispatches) {
    const functionName = url.split("/").at(-1) ?? "";
    assertEquals(functionName, feed === "masters" ? "masters" : "events");
    assertEquals(headers, {
      "Content-Type": "application/json",
      "X-Call-Signature": sign({ functionName, subject: feed, id: dispatch, expires }, db.workerSecret),
    });
  }
  assertEquals(
    dispatches.map(({ body }) => body.dispatch),
    (await db.sql<{ id: number }[]>`select id::integer from engine.dispatches order by id`).map((
      { id },
    ) => id),
  );
});

Deno.test("dispatch() signs for two minutes by the real clock, not by the engine's", async () => {
  for (const moment of ["2020-01-01T00:00:00Z", "2035-01-01T00:00:00Z"]) {
    await db.reset(moment);
    await db.worker`select engine.dispatch('results')`;
    const [row] = await db.sql<{ fits: boolean }[]>`
      select (convert_from(body, 'utf8')::jsonb ->> 'expires')::float8
        between extract(epoch from transaction_timestamp()) + 60 and extract(epoch from clock_timestamp()) + 120 as fits
      from net.http_request_queue
    `;
    assertEquals(row?.fits, true);
  }
});

Deno.test("dispatch() takes no account of the space around the secret in Vault, which the functions do not see either", async () => {
  await db.withoutWorkerSecret(async () => {
    await db.sql`select vault.create_secret(${` ${db.workerSecret}\r\n`}, 'worker_secret')`;
    await db.worker`select engine.dispatch('results')`;
    await db.sql`delete from vault.secrets where name = 'worker_secret'`;
  });
  const [sent] = await queued();
  const { feed = "", dispatch: id = 0, expires = 0 } = sent?.body ?? {};
  assertEquals(
    sent?.headers["X-Call-Signature"],
    sign({ functionName: "events", subject: feed, id, expires }, db.workerSecret),
  );
});

Deno.test("dispatch() takes an empty secret for none", async () => {
  await db.withoutWorkerSecret(async () => {
    await db.sql`select vault.create_secret(' ', 'worker_secret')`;
    const message = await db.worker`select engine.dispatch('results')`.then(
      () => "sent",
      (error) => error.message,
    );
    await db.sql`delete from vault.secrets where name = 'worker_secret'`;
    assertEquals(message, 'Vault lacks the secret "worker_secret"');
  });
});

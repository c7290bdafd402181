import { assert, assertEquals, assertThrows } from "@std/assert";
import { readEnvironment, readRacingApiAccount, secretsOf } from "./environment.ts";
import { MissingSettingError } from "./missing_setting_error.ts";

const from = (variables: Record<string, string>) => (name: string) => variables[name];
const base = { SUPABASE_URL: "http://127.0.0.1:1", WORKER_SECRET: "worker-secret" };

Deno.test("the secret key comes from the dictionary of new keys", () => {
  const keys = JSON.stringify({ other: "sb_secret_2", default: "sb_secret_1" });
  assertEquals(readEnvironment(from({ ...base, SUPABASE_SECRET_KEYS: keys })).secretKey, "sb_secret_1");
  assertEquals(
    readEnvironment(from({ ...base, SUPABASE_SECRET_KEYS: '{"web":"sb_secret_3"}' })).secretKey,
    "sb_secret_3",
  );
});

Deno.test("the service role key serves a project without the new keys", () => {
  assertEquals(readEnvironment(from({ ...base, SUPABASE_SERVICE_ROLE_KEY: "eyJ.old" })).secretKey, "eyJ.old");
});

Deno.test("a missing variable is named, with the command that sets it", () => {
  assertThrows(
    () => readRacingApiAccount(from({ RACING_API_USERNAME: "somebody" })),
    MissingSettingError,
    'The function secret RACING_API_PASSWORD is not set: set it with "supabase secrets set RACING_API_PASSWORD=…"',
  );
  assertThrows(() => readEnvironment(from({ WORKER_SECRET: "x" })), MissingSettingError, "SUPABASE_URL");
});

Deno.test("the previous worker secret is known while it is set, and redacted", () => {
  const known = (previous: Record<string, string>) =>
    readEnvironment(from({ ...base, SUPABASE_SERVICE_ROLE_KEY: "key", ...previous })).workerSecrets;
  assertEquals(known({}), ["worker-secret"]);
  assertEquals(known({ WORKER_SECRET_PREVIOUS: " " }), ["worker-secret"]);
  assertEquals(known({ WORKER_SECRET_PREVIOUS: "old-secret\n" }), ["worker-secret", "old-secret"]);
  assert(secretsOf(from({ ...base, WORKER_SECRET_PREVIOUS: "old-secret" })).includes("old-secret"));
});

Deno.test("a dictionary that can't be read is not quoted", () => {
  const error = assertThrows(
    () => readEnvironment(from({ ...base, SUPABASE_SECRET_KEYS: "sb_secret_broken" })),
    MissingSettingError,
  );
  assert(!error.message.includes("sb_secret_broken"));
  assertThrows(
    () => readEnvironment(from({ ...base, SUPABASE_SECRET_KEYS: "{}" })),
    MissingSettingError,
    "holds no key",
  );
});

Deno.test("the API's address is the real one unless another is given", () => {
  const account = { RACING_API_USERNAME: "u", RACING_API_PASSWORD: "p" };
  assertEquals(readRacingApiAccount(from(account)).url, "https://api.theracingapi.com/v1");
  const local = readRacingApiAccount(from({ ...account, RACING_API_URL: "http://127.0.0.1:9/v1/" }));
  assertEquals(local.url, "http://127.0.0.1:9/v1");
});

Deno.test("half an account is redacted as it is, and makes no Basic credentials", () => {
  assertEquals(secretsOf(from({ RACING_API_USERNAME: "somebody" })), ["somebody"]);
  assertEquals(secretsOf(from({ RACING_API_PASSWORD: "a password" })), ["a password"]);
  assertEquals(secretsOf(from({})), []);
});

Deno.test("every secret is known to the logger, the Basic credentials among them", () => {
  const secrets = secretsOf(from({
    ...base,
    SUPABASE_SECRET_KEYS: '{"default":"sb_secret_1"}',
    RACING_API_USERNAME: "zoë",
    RACING_API_PASSWORD: "pässword",
  }));
  for (const secret of ["worker-secret", "sb_secret_1", "zoë", "pässword", "em/Dqzpww6Rzc3dvcmQ="]) {
    assert(secrets.includes(secret), `${secret} is missing`);
  }
});

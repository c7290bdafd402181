import { assertEquals, assertThrows } from "@std/assert";
import { Problem } from "../command_line/problem.ts";
import { readCliResult } from "./cli_problem.ts";

const failed = (code: string, message: string) => ({
  success: false,
  stdout: `A remark.\n${JSON.stringify({ _tag: "Error", error: { code, message } })}\n`,
  stderr: "",
});

Deno.test("what a command printed as JSON is read, behind a remark too", () => {
  const result = { success: true, stdout: '▲ Connected without TLS\n{"projects":[]}\n', stderr: "" };
  assertEquals(readCliResult(result, ["projects", "list"]), { projects: [] });
});

const sentences: [string, string, string][] = [
  ["AccessTokenRequiredError", "Access token not provided.", "You are not logged in to Supabase."],
  ["InvalidAccessTokenError", "Invalid access token format.", "begin with sbp_"],
  [
    "ProjectsListUnexpectedStatusError",
    'Unexpected error: {"message":"Unauthorized"}',
    "refuses the access token",
  ],
  ["SecretsListUnexpectedStatusError", "unexpected status 403: {}", "ask its owner for the role"],
  ["SecretsListNetworkError", "failed to list", "cannot be reached. Is this machine online?"],
  [
    "DbPushApplyError",
    "ERROR: no such column\nAt statement: 1",
    "failed: ERROR: no such column / At statement: 1",
  ],
];
for (const [code, message, sentence] of sentences) {
  Deno.test(`${code} (${message.split("\n")[0]}) is told as: ${sentence}`, () => {
    assertThrows(() => readCliResult(failed(code, message), ["db", "push"]), Problem, sentence);
  });
}

Deno.test("npm without a network is told as such", () => {
  const result = {
    success: false,
    stdout: "",
    stderr: "npm error code ENOTFOUND\nnpm error network request failed",
  };
  assertThrows(
    () => readCliResult(result, ["projects", "list"]),
    Problem,
    "npm cannot fetch the supabase CLI",
  );
});

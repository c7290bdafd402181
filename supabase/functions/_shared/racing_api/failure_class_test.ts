import { assertEquals } from "@std/assert";
import { type FailureClass, failureClassOf } from "./failure_class.ts";

const CLASSES: readonly (readonly [FailureClass, readonly number[]])[] = [
  ["account", [401, 403]],
  ["transient", [408, 429, 500, 502, 503, 504, 522]],
  ["chunk", [304, 400, 404, 410, 422, 451]],
];

for (const [failureClass, statuses] of CLASSES) {
  Deno.test(`failureClassOf() takes ${statuses.join(", ")} for a failure of the class ${failureClass}`, () => {
    assertEquals(statuses.map(failureClassOf), statuses.map(() => failureClass));
  });
}

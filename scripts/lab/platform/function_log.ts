import { join } from "@std/path";
import type { FunctionDown } from "./edge_runtime.ts";
import { Problem } from "../../command_line/problem.ts";

/** `functions.log`: what the functions say, each line with its time and its function. */
export interface FunctionLog {
  readonly write: (line: string, functionName: string) => void;
  /**
   * The error for a function that does not start. The log is copied elsewhere, because the platform's folder is
   * removed.
   */
  readonly describeDown: (down: FunctionDown) => Problem;
  readonly close: () => Promise<void>;
}

/** Opens the log in the platform's folder. */
export function openFunctionLog(
  folder: string,
  onLine: (line: string, functionName: string) => void = () => {},
): FunctionLog {
  const path = functionLogPath(folder);
  const file = Deno.openSync(path, { create: true, append: true });
  const encoder = new TextEncoder();
  return {
    write(line, functionName) {
      file.writeSync(encoder.encode(`${new Date().toISOString()} ${functionName}: ${line}\n`));
      onLine(line, functionName);
    },
    describeDown({ functionName, lastLines }) {
      const said = lastLines.length === 0
        ? "It said nothing."
        : `The last that it said:\n${lastLines.map((line) => `  ${line}\n`).join("")}`.trimEnd();
      return new Problem(
        `The function "${functionName}" failed to start three times in a row. ${said}\n` +
          `What all functions logged is in ${keepFunctionLog(folder)}. Fix that and start again.`,
      );
    },
    close: () => Promise.resolve(file.close()),
  };
}

/** Where a platform's functions log to. */
export function functionLogPath(folder: string): string {
  return join(folder, "functions.log");
}

/** Copies the log to where it outlives the platform. Returns the copy's path. */
export function keepFunctionLog(folder: string): string {
  const kept = Deno.makeTempFileSync({ prefix: "darkhorses-functions-", suffix: ".log" });
  Deno.copyFileSync(functionLogPath(folder), kept);
  return kept;
}

import { createRedactor } from "./redact.ts";

/** The fields of a log line in addition to the event: numbers and short texts. */
export type LogFields = Record<string, string | number | boolean | null | undefined>;

/** Writes one JSON object a line, so that the dashboard's log search can follow one chunk. */
export interface Logger {
  info(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** The same logger with fields that every further line carries, such as run, chunk and feed. */
  with(fields: LogFields): Logger;
  /** How many lines it has written, those of the loggers made from it included. */
  readonly lines: number;
  /** The text without any secret, for messages that go elsewhere than the log. */
  redact(text: string): string;
}

/** Where a line goes; the default is the console, which the platform collects. */
export type LogSink = (level: "info" | "error", line: string) => void;

const consoleSink: LogSink = (level, line) => level === "error" ? console.error(line) : console.log(line);

/**
 * Makes a logger.
 *
 * @param secrets Texts that must not be written; each is replaced by `[secret]` wherever it occurs. Texts shorter than
 * four characters are not replaced: they occur in almost every line.
 */
export function createLogger(
  secrets: readonly string[],
  sink: LogSink = consoleSink,
  fixed: LogFields = {},
): Logger {
  const redact = createRedactor(secrets);
  let lines = 0;
  const countingSink: LogSink = (level, line) => {
    lines++;
    sink(level, line);
  };
  // Before it becomes JSON: there a quote or a backslash of a secret would be escaped, and the secret not found.
  const write = (level: "info" | "error", event: string, fields: LogFields = {}) =>
    countingSink(
      level,
      JSON.stringify(
        { level, event, ...fixed, ...fields },
        (_name, value) => typeof value === "string" ? redact(value) : value,
      ),
    );
  return {
    info: (event, fields) => write("info", event, fields),
    error: (event, fields) => write("error", event, fields),
    with: (fields) => createLogger(secrets, countingSink, { ...fixed, ...fields }),
    get lines() {
      return lines;
    },
    redact,
  };
}

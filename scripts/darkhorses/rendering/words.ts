const NO_BREAK = "\u00a0";
const NUMBER = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });

/** "1,203" */
export function number(value: number): string {
  return NUMBER.format(value);
}

/** "1 race", "1,203 races" */
export function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** "2 h 5 min", "5 min 3 s", "12 s": two units at most. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor(whole / 3600) % 24, "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const from = parts.findIndex(([value]) => value > 0);
  if (from < 0) return "0 s";
  return parts.slice(from, from + 2).filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

const UK_TIME = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Europe/London",
  dateStyle: "short",
  timeStyle: "short",
});

/** "2026-11-25 04:11", in UK time; "-" without a time. */
export function ukTime(time: string | null): string {
  return time === null ? "-" : UK_TIME.format(new Date(time));
}

/**
 * A text in lines of at most so many columns, each after an indentation. A command is not broken, so that it can be
 * copied.
 */
export function wrap(text: string, columns: number, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  const kept = text.replaceAll(/darkhorses( [a-z]+( \d+)?)/g, (command) => command.replaceAll(" ", NO_BREAK));
  for (const word of kept.split(/[ \t\n]+/)) {
    if (line !== "" && indent.length + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => indent + each.replaceAll(NO_BREAK, " ")).join("\n");
}

/** A text in one line of at most so many columns. */
export function cut(text: string, columns: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}

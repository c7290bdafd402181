/** Comments, verdicts and quotes, put together from phrases. */

const RUNS = [
  "Raced in midfield",
  "Tracked the pace",
  "Held up towards the rear",
  "Made most",
  "Slowly away, behind",
  "Close up throughout",
  "Keen early, prominent",
  "Chased the leader",
];
const TURNS = [
  "shaken up two out",
  "ridden from halfway",
  "short of room on the turn",
  "switched wide",
  "hung left",
  "headway entering the straight",
  "mistake three out",
  "bumped over a furlong out",
];
const ENDS = [
  "stayed on",
  "no impression",
  "found extra near the line",
  "weakened",
  "kept on at one pace",
  "never nearer",
  "eased when beaten",
  "ran on well",
];
const MARKETS = [
  "",
  "",
  "",
  "(op 9/2)",
  "(tchd 7/1)",
  "(op 12/1 tchd 16/1)",
  "(jockey said gelding hung left)",
];
const VIEWS = [
  "returns from a break",
  "stepped forward last time",
  "down in the weights",
  "unexposed over this trip",
  "has it to prove on the ground",
  "back with the yard that won with him",
  "drops in class",
  "first run for a new yard",
  "progressive and respected",
  "hard to fancy on recent form",
];
const HOPES = [
  "should go close",
  "may need the run",
  "each-way claims",
  "others preferred",
  "one for the shortlist",
  "improvement needed",
  "could be well in",
  "not ruled out",
];

function at(list: readonly string[], hash: number): string {
  return list[(hash >>> 0) % list.length] ?? "";
}

/** How a horse ran. */
export function runComment(hash: number, finished: boolean): string {
  const end = finished ? at(ENDS, hash >>> 7) : "out of contention when race ended";
  return `${at(RUNS, hash)} - ${at(TURNS, hash >>> 4)} - ${end}${at(MARKETS, hash >>> 11)}`;
}

/** A line about a runner before the race. */
export function cardComment(hash: number): string {
  const view = at(VIEWS, hash >>> 3);
  return `${view.charAt(0).toUpperCase()}${view.slice(1)}; ${at(HOPES, hash >>> 9)}`;
}

/** A longer look at a runner. */
export function spotlight(hash: number, trip: string): string {
  return `${cardComment(hash >>> 2)} (${trip}); ${at(VIEWS, hash >>> 13)}, ${at(HOPES, hash >>> 17)}.`;
}

/** The pick of a race, its name in capitals. */
export function verdict(hash: number, name: string): string {
  return `${name.toUpperCase()} ${at(VIEWS, hash)} and ${at(HOPES, hash >>> 5)}.`;
}

/** Form figures, oldest first: `-` ends a season, `/` a longer absence. */
export function formFigures(hash: number, runs: number): string {
  let text = "";
  for (let i = 0; i < runs; i++) {
    const bits = (hash >>> (i * 4)) & 15;
    text += bits > 13 ? "P" : bits > 11 ? "0" : String(1 + bits % 9);
    if (i < runs - 1 && bits === 5) text += "-";
    if (i < runs - 1 && bits === 7) text += "/";
  }
  return text;
}

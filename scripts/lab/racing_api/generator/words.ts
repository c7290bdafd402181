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

const REMARKS = [
  "jumps well and has the scope for fences",
  "settled better with a hood on at home",
  "we always thought a lot of this family",
  "the owners have been very patient",
  "came back with a clean bill of health",
  "likes to hear his feet rattle",
  "would not want it any softer than this",
  "we will see how the handicapper reacts",
  "there is a nice prize in there somewhere",
  "a strong gallop would suit over the trip",
];

function at(list: readonly string[], hash: number): string {
  return list[(hash >>> 0) % list.length] ?? "";
}

/** The next of a series of numbers. */
function next(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 12)) >>> 0;
}

/** Phrases, one after the other, until the text has about that many characters. */
function atLength(
  start: string,
  phrases: readonly string[],
  between: string,
  hash: number,
  length: number,
): string {
  let text = start;
  // A phrase goes on beyond the length as often as it falls short.
  for (let bits = next(hash); text.length + 10 < length; bits = next(bits)) {
    text += between + at(phrases, bits);
  }
  return text;
}

/** A number from `least` on, by 32 bits of chance; `bend` over 1 makes large ones rarer. */
function between(least: number, most: number, hash: number, bend = 1): number {
  return least + (most - least) * (next(hash + 7) / 4294967296) ** bend;
}

/** How a horse ran: 99 characters on average, with a deviation of 45. */
export function runComment(hash: number, finished: boolean): string {
  const end = finished ? at(ENDS, hash >>> 7) : "out of contention when race ended";
  const length = between(14, 176, hash, 1.4) - end.length - 3;
  const race = atLength(`${at(RUNS, hash)} - ${at(TURNS, hash >>> 4)}`, TURNS, " - ", hash, length);
  return `${race} - ${end}${at(MARKETS, hash >>> 11)}`;
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** A line about a runner before the race: 78 characters. */
export function cardComment(hash: number): string {
  const start = `${capitalized(at(VIEWS, hash >>> 3))}; ${at(HOPES, hash >>> 9)}`;
  return atLength(start, VIEWS, ", ", hash, between(61, 87, hash));
}

/** A longer look at a runner: 156 characters, with a deviation of 34. */
export function spotlight(hash: number, trip: string): string {
  const start = `${capitalized(at(VIEWS, hash >>> 2))} (${trip}); ${at(HOPES, hash >>> 13)}`;
  return `${atLength(start, [...VIEWS, ...HOPES], ", ", hash, between(93, 213, hash))}.`;
}

/** What a trainer says of a horse. */
export function trainerSays(hash: number, name: string, length: number): string {
  return `${atLength(`${name} pleased us`, REMARKS, ", ", hash, length)}.`;
}

/** A quote of a trainer: 286 characters, with a deviation of 110. */
export function quoteText(hash: number, name: string, trainer: string): string {
  return `${trainerSays(hash, name, between(58, 434, hash))} - ${trainer}, trainer.`;
}

/** What a trainer says on a tour of the stable: 162 characters, with a deviation of 52. */
export function tourText(hash: number, name: string): string {
  return trainerSays(hash, name, between(60, 246, hash));
}

/** The pick of a race, its name in capitals: 117 characters. */
export function verdict(hash: number, name: string): string {
  const start = `${name.toUpperCase()} ${at(VIEWS, hash)} and ${at(HOPES, hash >>> 5)}`;
  return `${atLength(start, VIEWS, ", ", hash, between(100, 122, hash))}.`;
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

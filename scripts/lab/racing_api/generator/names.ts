/** Names made of parts, not taken from real ones; a horse's name is unique by construction. */

import { hashNumbers } from "./random.ts";

const ONSETS = ("Bra Cor Dal Eve Fal Gra Hel Isk Jor Kel Lor Mav Nar Ost Pel Quo " +
  "Ral Sel Tor Ulv Var Wyn Yar Zel Bel Cas Dor Fen Gal Hur Kir Mor").split(" ");
const ENDINGS = ("ado anna arno belle berin cora dale dian elo enza ford gale hest igo inda jor " +
  "kesh lane lotta mere mond nair olio ova pike quist rona sett tano ulla vane wick").split(" ");
const NOUNS =
  ("Light Tide Song Harbour Rock Echo River Dancer Ember Signal Lantern Meadow Falcon Anthem Voyage Crown " +
    "Bridge Cloud Comet Ditty Fable Garden Hollow Island Jewel Keeper Lagoon Mirror Novel Orchard Parade Quarry " +
    "Ribbon Sonnet Thunder Uplands Velvet Waltz Yonder Zephyr Arrow Beacon Candle Drummer Estate Fortune Glade Heather " +
    "Iris Juniper Kingdom Ledger Marble Nectar Opal Pilot Quest Raven Saffron Temple Valley Wager Willow Anvil Ballad " +
    "Canyon Dagger Eclipse Feather Gambit Horizon Idol Jigsaw Kestrel Legend Melody Noon Oracle Pepper Quiver Reason " +
    "Sable Tempo Verse Whisper Acorn Bramble Copper Dune Flint Ginger Hazel Indigo Jasper Lichen Maple Nutmeg Olive " +
    "Pebble Quartz Rosette Sienna Thistle Umber Violet Walnut Aster Birch Cedar Dahlia Elder Fern Gorse Holly Ivy " +
    "Laurel Myrtle Nettle Orchid Poppy Reed Sorrel Tansy Vetch Yarrow Basil Clove Dill Fennel Linden Mallow Rowan")
    .split(" ").slice(0, 128);

const PATTERNS: readonly ((word: string, noun: string) => string)[] = [
  (word, noun) => `${word} ${noun}`,
  (word, noun) => `${noun} Of ${word}`,
  (word, noun) => `${word}'s ${noun}`,
  (word, noun) => `The ${word} ${noun}`,
  (word, noun) => `${noun} For ${word}`,
  (word, noun) => `My ${word} ${noun}`,
  (word, noun) => `${word}${noun.toLowerCase()}`,
  (word, noun) => `${noun} D'${word}`,
  (word, noun) => `${noun} And ${word}`,
  (word, noun) => `${word} In ${noun}`,
];

const HORSE_NAMES = ONSETS.length * ENDINGS.length * NOUNS.length * PATTERNS.length;

/** A horse's name from its serial number; the step is coprime to the number of names, so no two are the same. */
export function horseName(serial: number, seed: number): string {
  const offset = hashNumbers(seed, 11) % HORSE_NAMES;
  // Below 2^53: at most 1.3 million times 611953.
  let rest = (serial * 611_953 + offset) % HORSE_NAMES;
  const noun = NOUNS[rest % NOUNS.length] ?? "";
  rest = Math.floor(rest / NOUNS.length);
  const pattern = PATTERNS[rest % PATTERNS.length];
  rest = Math.floor(rest / PATTERNS.length);
  const word = madeUpWord(rest);
  return pattern ? pattern(word, noun) : word;
}

function madeUpWord(value: number): string {
  return (ONSETS[value % ONSETS.length] ?? "") +
    (ENDINGS[Math.floor(value / ONSETS.length) % ENDINGS.length] ?? "");
}

const FORENAMES =
  ("Adam Alice Barry Bethan Callum Clara Colm Daisy Declan Edith Eoin Erin Felix Fiona George Grainne " +
    "Harry Holly Ivan Isla Jack Jenna Kevin Kitty Liam Lucy Martin Megan Niall Nora Owen Orla Patrick Paula Rory Ruth " +
    "Sean Sophie Tom Tara Victor Vera Will Zoe Aidan Anna Ben Cara Dylan Ella Finn Gemma Hugh Ines Joe Kate Luke Maeve " +
    "Ned Olive Pat Rose Sam Una").split(" ");
const SURNAME_STARTS =
  ("Ash Bar Bren Cald Carr Con Dal Des Earn Fal Far Gar Hal Hart Ing Kel Kin Lang Lor Mal Mar Nor " +
    "Oak Pen Quin Rad Ros Shel Stan Tal Tren War").split(" ");
const SURNAME_ENDS =
  ("ley ton by ford wick nan ery ham son man well ridge ston field combe ane er igan land more shaw " +
    "worth bury den").split(" ");

function surname(value: number): string {
  return (SURNAME_STARTS[value % SURNAME_STARTS.length] ?? "") +
    (SURNAME_ENDS[Math.floor(value / SURNAME_STARTS.length) % SURNAME_ENDS.length] ?? "");
}

/** A person's name; with thousands of them two people may share one, as in life. */
export function personName(serial: number, seed: number, role: number): string {
  const hash = hashNumbers(seed, serial, role, 21);
  const family = surname((hash >>> 6) % (SURNAME_STARTS.length * SURNAME_ENDS.length));
  const prefix = hash % 23;
  const first = FORENAMES[(hash >>> 18) % FORENAMES.length] ?? "";
  if (prefix === 0) return `${first} O'${family}`;
  if (prefix === 1) return `${first} Mc${family}`;
  if (prefix === 2) return `${first[0]} ${"ABCDEFGHJKLMNPRSTW"[(hash >>> 9) % 18]} ${family}`;
  return `${first} ${family}`;
}

/** An owner's name: a person, a couple, a partnership or a syndicate; 21 characters, with a deviation of 8. */
export function ownerName(serial: number, seed: number): string {
  const hash = hashNumbers(seed, serial, 5, 22);
  const name = shortOwnerName(hash);
  const other = surname(hash >>> 12);
  switch ((hash >>> 8) % 12) {
    case 0:
      return `${name} & Partner`;
    case 1:
      return `${name} & Mrs M ${other}`;
    case 2:
      return `${name} & The ${other} Racing Club`;
    default:
      return name;
  }
}

function shortOwnerName(hash: number): string {
  const family = surname(hash >>> 5);
  const initials = `${"ABCDEFGHJKLMNPRSTW"[(hash >>> 3) % 18]} ${"ABCDEGHJLMNPRST"[(hash >>> 14) % 15]}`;
  const word = madeUpWord(hash >>> 7);
  switch (hash % 8) {
    case 0:
      return `The ${word} Partnership`;
    case 1:
      return `${word} Racing Ltd`;
    case 2:
      return `Mr & Mrs ${initials} ${family}`;
    case 3:
      return `Mrs ${initials} ${family}`;
    case 4:
      return `${word} ${NOUNS[(hash >>> 9) % NOUNS.length]} Syndicate`;
    case 5:
      return `${initials} ${family} & ${surname(hash >>> 11)}`;
    default:
      return `${initials} ${family}`;
  }
}

/** A breeder's name. */
export function breederName(serial: number, seed: number): string {
  const hash = hashNumbers(seed, serial, 6, 23);
  const word = madeUpWord(hash >>> 4);
  return hash % 3 === 0
    ? `${word} Stud`
    : hash % 3 === 1
    ? `${word} Bloodstock Ltd`
    : ownerName(serial, seed);
}

/** The name of an invented racecourse, unique up to 1024 serials. */
export function placeName(serial: number): string {
  const word = madeUpWord((serial * 389) % 1024);
  return serial % 5 === 0 ? `${word} Park` : word;
}

/** A made-up word for sponsors and the like. */
export function sponsorName(hash: number): string {
  return madeUpWord(hash);
}

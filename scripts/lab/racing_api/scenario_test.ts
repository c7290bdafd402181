import { assert, assertEquals } from "@std/assert";
import { World } from "./generator/world.ts";
import { dayOf, londonInstant } from "./london.ts";
import { present } from "../test_support/present.ts";
import { type ScriptedEvent, withScenario } from "./scenario.ts";
import type { ListedRace, RaceSource } from "./source.ts";

const DAY = "2024-06-03";
const NEXT = "2024-06-04";

function at(day: string, hours: number): Date {
  return new Date(londonInstant(dayOf(day), hours * 60));
}

function source(...events: ScriptedEvent[]): RaceSource {
  return withScenario(new World(1), events);
}

function read(race: ListedRace | undefined) {
  return JSON.parse(present(race, "race").json());
}

const home = ({ region }: ListedRace) => region === "gb";
const plain = new World(1);
const firstCard = present(plain.cards(dayOf(DAY), at(DAY, 9).getTime()).find(home), "card");
const meeting = { day: DAY, courseId: firstCard.courseId };

function cardsOf(races: RaceSource, day: string, now: Date): ListedRace[] {
  return races.cards(dayOf(day), now.getTime()).filter(({ courseId }) => courseId === meeting.courseId);
}

function resultsOf(races: RaceSource, day: string, now: Date): ListedRace[] {
  return races.results(dayOf(day), dayOf(day), now.getTime())
    .filter(({ courseId }) => courseId === meeting.courseId);
}

Deno.test("without events the source is as it was", () => {
  assertEquals(withScenario(plain, []), plain);
});

Deno.test("a meeting abandoned in the middle keeps the results of before and gets none after", () => {
  const offs = cardsOf(plain, DAY, at(DAY, 9)).map(({ off }) => off);
  const third = new Date(present(offs[2], "third race"));
  const races = source({ kind: "meeting abandoned", ...meeting, at: third });
  const before = cardsOf(races, DAY, new Date(third.getTime() - 1)).map((card) => read(card).is_abandoned);
  const after = cardsOf(races, DAY, third).map((card) => read(card).is_abandoned);
  assert(before.every((abandoned) => !abandoned));
  assertEquals(after, offs.map((_, n) => n >= 2));
  assertEquals(resultsOf(races, DAY, at(NEXT, 9)).length, 2);
});

Deno.test("a meeting moves to another day under its ids, with its cards, times and results", () => {
  const races = source({ kind: "meeting moved", ...meeting, to: NEXT, at: at(DAY, 8) });
  const was = cardsOf(plain, DAY, at(DAY, 9)).map(({ id }) => id);
  assertEquals(cardsOf(races, DAY, at(DAY, 7)).map(({ id }) => id), was);
  assertEquals(cardsOf(races, DAY, at(DAY, 9)).length, 0);
  const moved = cardsOf(races, NEXT, at(DAY, 9)).filter(({ id }) => was.includes(id));
  assertEquals(moved.length, was.length);
  const card = read(moved[0]);
  assertEquals([card.date, card.off_dt.slice(0, 10), card.off_dt.slice(11)], [
    NEXT,
    NEXT,
    read(firstCard).off_dt.slice(11),
  ]);
  assertEquals(resultsOf(races, DAY, at("2024-06-10", 9)).length, 0);
  assertEquals(resultsOf(races, NEXT, at(NEXT, 9)).length, 0);
  const results = resultsOf(races, NEXT, at("2024-06-10", 9)).filter(({ id }) => was.includes(id));
  assertEquals(results.length, was.length);
  const id = present(results[0], "result").id;
  assertEquals(JSON.parse(races.result(id, at("2024-06-10", 9).getTime()) ?? "{}").date, NEXT);
});

Deno.test("a race added late has no card before, and a result like any other", () => {
  const event: ScriptedEvent = { kind: "race added late", day: DAY, raceId: firstCard.id, at: at(DAY, 11) };
  const races = source(event);
  const has = (now: Date) => cardsOf(races, DAY, now).some(({ id }) => id === firstCard.id);
  assertEquals([has(at(DAY, 10)), has(at(DAY, 11))], [false, true]);
  assert(resultsOf(races, DAY, at(NEXT, 9)).some(({ id }) => id === firstCard.id));
});

Deno.test("a result in two steps has three horses and no dividends first, then everything", () => {
  const races = source({ kind: "result in two steps", day: DAY, raceId: firstCard.id, wholeAt: at(NEXT, 8) });
  const shown = (now: Date) => read(resultsOf(races, DAY, now).find(({ id }) => id === firstCard.id));
  const [first, whole] = [shown(at(NEXT, 7)), shown(at(NEXT, 8))];
  assertEquals([first.runners.length, first.tote_win, first.winning_time_detail], [3, "", ""]);
  assert(first.runners.every(({ time }: { time: string }) => time === "-"));
  assert(whole.runners.length > 3 && whole.tote_win !== "" && whole.winning_time_detail !== "");
});

Deno.test("a corrected result is without the horse, and otherwise the same", () => {
  const whole = read(resultsOf(plain, DAY, at(NEXT, 9)).find(({ id }) => id === firstCard.id));
  const horseId: string = whole.runners[2].horse_id;
  const races = source({
    ...{ kind: "result corrected", day: DAY, raceId: firstCard.id, horseId } as const,
    at: at(NEXT, 8),
  });
  const shown = (now: Date) => read(resultsOf(races, DAY, now).find(({ id }) => id === firstCard.id));
  assertEquals(shown(at(NEXT, 7)), whole);
  assertEquals(shown(at(NEXT, 8)), {
    ...whole,
    runners: whole.runners.filter((runner: { horse_id: string }) => runner.horse_id !== horseId),
  });
});

Deno.test("ratings come together at their time, and a correction of the same day stands", () => {
  const whole = read(resultsOf(plain, DAY, at("2024-06-20", 9)).find(({ id }) => id === firstCard.id));
  const horseId: string = whole.runners[1].horse_id;
  const races = source(
    { kind: "result corrected", day: DAY, raceId: firstCard.id, horseId, at: at(NEXT, 8) },
    { kind: "ratings together", day: DAY, at: at("2024-06-07", 10) },
  );
  const rated = (now: Date) =>
    races.results(dayOf(DAY), dayOf(DAY), now.getTime()).map((race) =>
      read(race).runners.some(({ rpr }: { rpr: string }) => rpr !== "–")
    );
  assert(rated(at("2024-06-07", 9)).every((known) => !known));
  assert(
    rated(at("2024-06-07", 10)).filter((known) => known).length > rated(at("2024-06-07", 10)).length / 2,
  );
  const shown = read(resultsOf(races, DAY, at("2024-06-07", 10)).find(({ id }) => id === firstCard.id));
  assertEquals(shown.runners.length, whole.runners.length - 1);
});

Deno.test("other days and other meetings are left alone", () => {
  const races = source({ kind: "meeting moved", ...meeting, to: NEXT, at: at(DAY, 8) });
  const now = at("2024-06-10", 9).getTime();
  const texts = (from: RaceSource, day: string) =>
    from.results(dayOf(day), dayOf(day), now).filter(({ courseId }) => courseId !== meeting.courseId)
      .map((race) => race.json()).toSorted();
  for (const day of ["2024-06-02", DAY, NEXT, "2024-06-05"]) {
    assertEquals(texts(races, day), texts(plain, day));
  }
});

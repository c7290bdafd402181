/** The masters that the old system gathered from cards and results: of two texts, the one written last stands. */

import { NON_RUNNER_JOCKEY_ID } from "../../racing_api/generator/people.ts";
import type { FaultCounts } from "../faults.ts";
import type { CardRunner, ResultRunner } from "./api_texts.ts";
import { wholeNumber } from "./old_values.ts";
import type { Row } from "./row.ts";

const SUFFIX = / \([A-Z]{2,3}\)$/;
const CLAIM = /\(\d+\)$/;

export class Masters {
  readonly horses = new Map<string, Row>();
  readonly pedigrees = new Map<string, Row>();
  readonly jockeys = new Map<string, Row>();
  readonly trainers = new Map<string, Row>();
  readonly owners = new Map<string, Row>();
  readonly sires = new Map<string, Row>();
  readonly dams = new Map<string, Row>();
  readonly damsires = new Map<string, Row>();

  seeOnCard(runner: CardRunner, at: string): void {
    this.#seePeople(runner, at);
    put(this.trainers, runner.trainer_id, {
      id: runner.trainer_id,
      name: runner.trainer,
      location: runner.trainer_location,
    }, at);
    const { sire_id, dam_id, damsire_id, breeder, region } = runner;
    put(this.horses, runner.horse_id, {
      ...{ id: runner.horse_id, name: runner.horse, sire_id, dam_id, damsire_id },
      ...{ dob: runner.dob, age: wholeNumber(runner.age), sex: runner.sex, sex_code: runner.sex_code },
      ...{ colour: runner.colour, breeder, region },
    }, at);
    put(this.pedigrees, runner.horse_id, {
      ...{ horse_id: runner.horse_id, sire_id, sire: runner.sire, dam_id, dam: runner.dam },
      ...{ damsire_id, damsire: runner.damsire, breeder, region },
    }, at);
  }

  seeInResult(runner: ResultRunner, at: string): void {
    this.#seePeople(runner, at);
    put(this.trainers, runner.trainer_id, { id: runner.trainer_id, name: runner.trainer }, at);
    const { sire_id, dam_id, damsire_id } = runner;
    put(this.horses, runner.horse_id, {
      ...{ id: runner.horse_id, name: runner.horse, sire_id, dam_id, damsire_id },
      ...{ age: wholeNumber(runner.age), sex: runner.sex },
    }, at);
  }

  /** Every so many horses lose their damsire to the row without an id. Resolves to how many. */
  pointAtBlanks(oneIn: number, at: string): number {
    this.sires.set("", { id: "", name: "", created_at: at, updated_at: at });
    this.damsires.set("", { id: "", name: "", created_at: at, updated_at: at });
    let changed = 0;
    for (const [id, horse] of this.horses) {
      if (Number(id.slice("hrs_".length)) % oneIn !== 0) continue;
      this.horses.set(id, { ...horse, damsire_id: "" });
      const pedigree = this.pedigrees.get(id);
      if (pedigree !== undefined) this.pedigrees.set(id, { ...pedigree, damsire_id: "", damsire: "" });
      changed++;
    }
    return changed;
  }

  countNames(counts: FaultCounts): void {
    for (const animals of [this.horses, this.sires, this.dams]) {
      for (const { name } of animals.values()) if (SUFFIX.test(String(name))) counts.namesWithSuffix++;
    }
    for (const [id, { name }] of this.jockeys) {
      if (id !== NON_RUNNER_JOCKEY_ID && CLAIM.test(String(name))) counts.namesWithClaim++;
    }
  }

  #seePeople(runner: CardRunner | ResultRunner, at: string): void {
    put(this.jockeys, runner.jockey_id, { id: runner.jockey_id, name: runner.jockey }, at);
    put(this.owners, runner.owner_id, { id: runner.owner_id, name: runner.owner }, at);
    put(this.sires, runner.sire_id, { id: runner.sire_id, name: runner.sire }, at);
    put(this.dams, runner.dam_id, { id: runner.dam_id, name: runner.dam }, at);
    put(this.damsires, runner.damsire_id, { id: runner.damsire_id, name: runner.damsire }, at);
  }
}

function put(rows: Map<string, Row>, id: string, row: Row, at: string): void {
  if (id === "") return;
  const known = rows.get(id);
  if (known === undefined) rows.set(id, { ...row, created_at: at, updated_at: at });
  else Object.assign(known, row, { created_at: at, updated_at: at });
}

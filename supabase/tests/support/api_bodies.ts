/** Bodies as The Racing API sends them, about horses that never were. For tests. */

type Fields = Record<string, unknown>;

/** A runner of /racecards/pro. */
export function cardRunnerBody(fields: Fields = {}): Fields {
  return {
    horse_id: "hrs_1001",
    horse: "Paper Lantern",
    dob: "2021-03-11",
    age: "4",
    sex: "gelding",
    sex_code: "G",
    colour: "b",
    region: "IRE",
    breeder: "Inkwell Stud",
    dam: "Moth",
    dam_id: "dam_2001",
    dam_region: "GB",
    sire: "Night Clerk",
    sire_id: "sir_3001",
    sire_region: "FR",
    damsire: "Candle Maker",
    damsire_id: "dsi_4001",
    damsire_region: "USA",
    trainer: "Ada Quill",
    trainer_id: "trn_5001",
    trainer_location: "Nib, Penshire",
    trainer_14_days: { runs: "12", wins: "3", percent: "25" },
    owner: "The Blotters",
    owner_id: "own_6001",
    prev_trainers: [],
    prev_owners: [],
    comment: "Won twice",
    spotlight: "Likely to go well",
    quotes: [],
    stable_tour: [],
    medical: [],
    number: "3",
    draw: "5",
    headgear: "t",
    headgear_run: "1",
    wind_surgery: "",
    wind_surgery_run: "",
    past_results_flags: ["C", "D"],
    lbs: "158",
    ofr: "88",
    rpr: "95",
    ts: "-",
    jockey: "Bea Rein(5)",
    jockey_id: "jky_7001",
    silk_url: "https://example.com/silk.svg",
    last_run: "68 (36J)",
    form: "542-",
    trainer_rtf: "50",
    odds: [{ bookmaker: "Some Bet", fractional: "7/2", decimal: "4.5", history: [] }],
    ...fields,
  };
}

/** A race of /racecards/pro. */
export function cardBody(fields: Fields = {}): Fields {
  return {
    race_id: "rac_9001",
    course: "Penshire (AW)",
    course_id: "crs_8001",
    date: "2025-10-14",
    off_time: "1:44",
    off_dt: "2025-10-14T13:44:00+01:00",
    race_name: "The Fountain Pen Handicap",
    distance_round: "2m",
    distance: "2m53y",
    distance_f: "16.0",
    region: "GB",
    pattern: "",
    sex_restriction: "",
    race_class: "Class 4",
    type: "Hurdle",
    age_band: "4yo+",
    rating_band: "0-100",
    prize: "£4,606",
    field_size: "8",
    going_detailed: "",
    rail_movements: "",
    stalls: "",
    weather: "",
    going: "Standard / Slow",
    surface: "AW",
    jumps: "8 hurdles",
    runners: [cardRunnerBody()],
    big_race: false,
    is_abandoned: false,
    tip: "Paper Lantern",
    verdict: "Hard to beat",
    betting_forecast: "2/1 Paper Lantern",
    ...fields,
  };
}

/** A page of /racecards/pro. */
export function cardsBody(racecards: unknown[], fields: Fields = {}): Fields {
  return {
    racecards,
    total: racecards.length,
    limit: 500,
    skip: 0,
    query: [["date", "2025-10-14"]],
    ...fields,
  };
}

/** A runner of /results. */
export function resultRunnerBody(fields: Fields = {}): Fields {
  return {
    horse_id: "hrs_1001",
    horse: "Paper Lantern (IRE)",
    sp: "13/8F",
    sp_dec: "2.63",
    bsp: "2.84",
    number: "3",
    position: "1",
    draw: "5",
    btn: "0",
    ovr_btn: "0",
    age: "4",
    sex: "G",
    weight: "11-4",
    weight_lbs: "158",
    headgear: "t",
    time: "3:59.31",
    or: "88",
    rpr: "–",
    tsr: "–",
    prize: "4187.20",
    jockey: "Bea Rein",
    jockey_claim_lbs: "5",
    jockey_id: "jky_7001",
    trainer: "Ada Quill",
    trainer_id: "trn_5001",
    owner: "The Blotters",
    owner_id: "own_6001",
    sire: "Night Clerk (FR)",
    sire_id: "sir_3001",
    dam: "Moth (GB)",
    dam_id: "dam_2001",
    damsire: "Candle Maker",
    damsire_id: "dsi_4001",
    comment: "Led throughout",
    silk_url: "https://example.com/silk.svg",
    ...fields,
  };
}

/** A race of /results. */
export function resultBody(fields: Fields = {}): Fields {
  return {
    race_id: "rac_9001",
    date: "2025-10-14",
    region: "GB",
    course: "Penshire (AW) (GB)",
    course_id: "crs_8001",
    off: "1:44",
    off_dt: "2025-10-14T13:44:00+01:00",
    race_name: "The Fountain Pen Handicap",
    type: "Hurdle",
    class: "Class 4",
    pattern: "",
    rating_band: "0-100",
    age_band: "4yo+",
    sex_rest: "",
    dist: "2m½f",
    dist_y: "3573",
    dist_m: "3267",
    dist_f: "16.5f",
    going: "Standard / Slow",
    surface: "AW",
    jumps: "8 hurdles",
    runners: [resultRunnerBody()],
    winning_time_detail: "3m 59.31s (slow by 4.69s)",
    comments: "The placings remained unaltered",
    non_runners: "Wet Ink (lame)",
    tote_win: "£3.25",
    tote_pl: "£1.70 £1.20",
    tote_ex: "£6.20",
    tote_csf: "£6.54",
    tote_tricast: "",
    tote_trifecta: "£15.20",
    ...fields,
  };
}

/** A page of /results. */
export function resultsBody(results: unknown[], fields: Fields = {}): Fields {
  return { results, total: results.length, limit: 100, skip: 0, query: [], ...fields };
}

/** The one element of a list; anything else fails the test. */
export function theOnly<T>(list: readonly T[]): T {
  const [element] = list;
  if (element === undefined || list.length !== 1) throw new Error(`Not one element but ${list.length}`);
  return element;
}

-- What the columns of racing.runner_form mean.

comment on view racing.runner_form is
  'Runners, one wide row each, as listed on the card or named by the result: names, race, result, price, and what has
   changed since the horse''s last run before the off. Ask by horse_id, race_id or race_date: the cost depends on how
   many runners that is. Nothing in a row comes from after the off of its race but its own result, and the names, which
   are those last seen.';
comment on column racing.runner_form.race_id is 'ra_races.id; with horse_id the key of a row.';
comment on column racing.runner_form.horse_id is 'ra_mst_horses.id.';
comment on column racing.runner_form.race_date is 'UK racing day.';
comment on column racing.runner_form.off_dt is 'Off time; null when none is sent.';
comment on column racing.runner_form.course_id is 'ra_mst_courses.id.';
comment on column racing.runner_form.course_name is 'Name of the course.';
comment on column racing.runner_form.region_code is 'Region of the course, lower case: gb, ire.';
comment on column racing.runner_form.race_name is 'Of ra_races, as sent.';
comment on column racing.runner_form.race_type is 'Of ra_races, as sent: Flat, Hurdle, Chase, NH Flat.';
comment on column racing.runner_form.surface is 'Of ra_races, as sent: Turf, AW.';
comment on column racing.runner_form.code is
  'racing.code(race_type, surface): flat turf, flat all-weather, hurdle, chase or National Hunt flat.';
comment on column racing.runner_form.is_handicap is 'racing.is_handicap(race_name).';
comment on column racing.runner_form.race_class is 'Of ra_races, as sent: "Class 4".';
comment on column racing.runner_form.pattern is 'Of ra_races, as sent: "Group 1", "Listed".';
comment on column racing.runner_form.class_rank is
  'racing.class_rank(race_class, pattern): 1 is the highest, 11 the lowest; null for a race without a class.';
comment on column racing.runner_form.distance_yards is 'In yards.';
comment on column racing.runner_form.distance_furlongs is 'In furlongs of 220 yards.';
comment on column racing.runner_form.distance_band is 'racing.distance_band(distance_yards, code).';
comment on column racing.runner_form.going is 'Of ra_races, as sent.';
comment on column racing.runner_form.going_group is
  'What goings count as one, from racing.goings; null for an unknown going.';
comment on column racing.runner_form.going_rank is
  'Order of the going, from racing.goings: the higher, the slower. Turf 1 to 10, all-weather 1 to 5.';
comment on column racing.runner_form.age_band is 'Of ra_races, as sent.';
comment on column racing.runner_form.sex_restriction is 'Of ra_races, as sent.';
comment on column racing.runner_form.rating_band is 'Of ra_races, as sent.';
comment on column racing.runner_form.is_abandoned is 'The card says that the race was abandoned: nobody ran.';
comment on column racing.runner_form.horse_name is 'Name of the horse, as last seen.';
comment on column racing.runner_form.sire_id is 'ra_mst_sires.id; null for a sire without an id.';
comment on column racing.runner_form.sire_name is 'Name of the sire.';
comment on column racing.runner_form.dam_id is 'ra_mst_dams.id; null for a dam without an id.';
comment on column racing.runner_form.dam_name is 'Name of the dam.';
comment on column racing.runner_form.damsire_id is 'ra_mst_damsires.id; null for one without an id.';
comment on column racing.runner_form.damsire_name is 'Name of the dam''s sire.';
comment on column racing.runner_form.jockey_id is
  'ra_mst_jockeys.id; null for a jockey without an id, and while undeclared.';
comment on column racing.runner_form.jockey_name is 'Name of the jockey.';
comment on column racing.runner_form.jockey_claim_lbs is 'Allowance of the jockey, in pounds.';
comment on column racing.runner_form.trainer_id is
  'ra_mst_trainers.id on the day of the race; null for a trainer without an id.';
comment on column racing.runner_form.trainer_name is 'Name of the trainer.';
comment on column racing.runner_form.owner_id is
  'ra_mst_owners.id on the day of the race; null for an owner without an id.';
comment on column racing.runner_form.owner_name is 'Name of the owner.';
comment on column racing.runner_form.number is 'Saddlecloth number.';
comment on column racing.runner_form.draw is 'Stall; null where there are none.';
comment on column racing.runner_form.age is 'In years, on the day of the race.';
comment on column racing.runner_form.sex_code is 'On the day of the race: C, F, G, H, M, R.';
comment on column racing.runner_form.weight_lbs is 'Weight carried, in pounds.';
comment on column racing.runner_form.official_rating is 'Official rating in force; null for an unrated horse.';
comment on column racing.runner_form.headgear is 'Letters as sent; null for none.';
comment on column racing.runner_form.is_non_runner is 'Declared, did not run.';
comment on column racing.runner_form.is_reserve is 'A reserve of an Irish card. One that got a run has has_run.';
comment on column racing.runner_form.has_run is
  'Counts as a run: named by the result, no non-runner, race not void (racing.starts). False before the result.';
comment on column racing.runner_form.ran is
  'Runners in the race that ran: non-runners and reserves without a run are not counted. Null without has_run.';
comment on column racing.runner_form.places_paid is 'racing.places_paid(ran, is_handicap). Null without has_run.';
comment on column racing.runner_form.position is
  'Finishing position, equal for a dead heat. Null for one that did not finish or was disqualified (position_code).';
comment on column racing.runner_form.position_code is 'Why there is no position: PU, F, UR, DSQ, VOI, as sent.';
comment on column racing.runner_form.is_winner is
  'position = 1: each horse of a dead heat has won. A walkover is won. Null without has_run.';
comment on column racing.runner_form.is_placed is 'position <= places_paid, the winner included. Null without has_run.';
comment on column racing.runner_form.prb is
  'Percentage of rivals beaten, 0 to 1: (ran - position) / (ran - 1), to 4 decimals; see racing.prb(). Null for a
   walkover.';
comment on column racing.runner_form.beaten_lengths is 'Lengths behind the horse in front.';
comment on column racing.runner_form.beaten_lengths_overall is 'Lengths behind the winner.';
comment on column racing.runner_form.time_seconds is 'Time from off to finish, in seconds.';
comment on column racing.runner_form.sp is 'Starting price as a fraction.';
comment on column racing.runner_form.sp_decimal is 'Starting price as a decimal, stake included.';
comment on column racing.runner_form.sp_favourite is 'favourite, joint favourite or co-favourite; null for any other.';
comment on column racing.runner_form.bsp is 'Betfair starting price, decimal; sent since 2026.';
comment on column racing.runner_form.sp_probability is
  'Chance of winning by the starting prices without the overround: (1 / sp_decimal) / sum of 1 / sp_decimal over
   those that ran, 0 to 1, to 4 decimals. Null when one of them has no price.';
comment on column racing.runner_form.sp_profit is
  'What a bet of 1 to win at the starting price brought; in a dead heat the stake is divided; see
   racing.sp_profit(). Null without a price.';
comment on column racing.runner_form.rpr is 'Racing Post Rating earned in the race.';
comment on column racing.runner_form.topspeed is 'Topspeed figure earned in the race.';
comment on column racing.runner_form.prize_amount is 'Prize money won, in prize_currency.';
comment on column racing.runner_form.prize_currency is 'ISO 4217.';
comment on column racing.runner_form.result_comment is 'How the race went for the horse.';
comment on column racing.runner_form.previous_race_id is
  'The horse''s last run before the off of this race (ra_races.id), under any code; null when none is stored. All
   columns that compare are null then.';
comment on column racing.runner_form.days_since_run is
  'Days from the day of that run to this race''s; 0 for a second run on one day.';
comment on column racing.runner_form.previous_position is 'Finishing position in it.';
comment on column racing.runner_form.previous_position_code is 'Why there was none.';
comment on column racing.runner_form.previous_code is 'Its code.';
comment on column racing.runner_form.is_code_changed is 'The code is another one than then.';
comment on column racing.runner_form.class_change is
  'class_rank minus that of then: below 0 up in class, above 0 down. Null when either race has none.';
comment on column racing.runner_form.distance_change_yards is 'Yards more than then; below 0 for a shorter race.';
comment on column racing.runner_form.going_change is
  'going_rank minus that of then: above 0 slower. Null between turf and all-weather, and for an unknown going.';
comment on column racing.runner_form.weight_change_lbs is 'Pounds more than then.';
comment on column racing.runner_form.previous_headgear is 'Headgear worn then; null for none.';
comment on column racing.runner_form.is_headgear_changed is
  'The headgear is another than then: put on, taken off or other letters.';
comment on column racing.runner_form.is_first_time_headgear is
  'The card says so (its headgear_run is 1; of a horse that wore it before it says nothing). Without a card: a letter of
   its headgear is in that of no stored run before. False without headgear.';
comment on column racing.runner_form.wind_surgery_run is
  'Which run since the wind operation it is, as the card says; null for none.';
comment on column racing.runner_form.is_first_run_since_wind_surgery is
  'The card says that it is the first. Null without a card.';
comment on column racing.runner_form.is_jockey_changed is
  'Another jockey than then: by id, or by name where one of the two has none. Null when one of the two is not known.';
comment on column racing.runner_form.is_trainer_changed is
  'Another trainer than then: by id, or by name where one of the two has none. Null when one of the two is not known.';
comment on column racing.runner_form.is_owner_changed is
  'Another owner than then: by id, or by name where one of the two has none. Null when one of the two is not known.';

revoke all on racing.runner_form from public, anon, authenticated, service_role;
grant select on racing.runner_form to service_role;

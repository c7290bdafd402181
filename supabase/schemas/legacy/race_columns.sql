-- Columns of the old races, runners and results. What was a convention is kept; what was a fault is not:
-- off_dt is the UK clock without a zone, and off_time and time are the same clock, of 24 hours;
-- distance is the text, distance_round the rounded text, distance_f furlongs, distance_m metres: nothing swaps them;
-- prizes are pounds: those in other currencies are null, and are in public.ra_races and ra_runners;
-- rpr, ts and comment are those of the result once there is one, and those of the card before.

insert into engine.legacy_columns (kind, name, expression, half)
values
  ('races', 'id', 'race.id', null),
  ('races', 'course_id', 'race.course_id', null),
  -- The list of courses says Kempton-AW, and so did the old one; races said Kempton (AW).
  ('races', 'course_name', 'regexp_replace(course.name, ''-AW$'', '' (AW)'')', null),
  ('races', 'date', 'race.race_date', null),
  ('races', 'off_time', '(race.off_dt at time zone ''Europe/London'')::time', null),
  ('races', 'time', '(race.off_dt at time zone ''Europe/London'')::time', null),
  ('races', 'off_dt', 'race.off_dt at time zone ''Europe/London''', null),
  ('races', 'race_name', 'race.race_name', null),
  ('races', 'distance', 'coalesce(race.card_distance, race.result_distance)', null),
  ('races', 'distance_round', 'coalesce(race.card_distance_round, race.result_distance)', null),
  ('races', 'distance_f', 'trim_scale(race.distance_furlongs)::text || ''f''', null),
  ('races', 'distance_m', 'race.distance_metres', null),
  ('races', 'region', 'upper(race.region_code)', null),
  ('races', 'type', 'race.race_type', null),
  ('races', 'surface', 'race.surface', null),
  ('races', 'going', 'race.going', null),
  ('races', 'going_detailed', 'race.going_detailed', 'card'),
  ('races', 'pattern', 'race.pattern', null),
  ('races', 'race_class', 'race.race_class', null),
  ('races', 'age_band', 'race.age_band', null),
  ('races', 'sex_restriction', 'race.sex_restriction', null),
  ('races', 'rating_band', 'race.rating_band', null),
  ('races', 'prize', 'case race.prize_currency when ''GBP'' then race.prize_amount end', 'card'),
  ('races', 'field_size', 'race.field_size', 'card'),
  ('races', 'stalls', 'race.stalls', 'card'),
  ('races', 'rail_movements', 'race.rail_movements', 'card'),
  ('races', 'weather', 'race.weather', 'card'),
  ('races', 'jumps', 'race.jumps', null),
  ('races', 'is_big_race', 'race.is_big_race', 'card'),
  ('races', 'is_abandoned', 'race.is_abandoned', 'card'),
  ('races', 'has_result', 'race.has_result', 'result'),
  ('races', 'winning_time_detail', 'race.winning_time_detail', 'result'),
  ('races', 'comments', 'race.stewards_comments', 'result'),
  ('races', 'non_runners', 'race.non_runners', 'result'),
  ('races', 'tote_win', 'race.tote_win', 'result'),
  ('races', 'tote_pl', 'race.tote_place', 'result'),
  ('races', 'tote_ex', 'race.tote_exacta', 'result'),
  ('races', 'tote_csf', 'race.tote_csf', 'result'),
  ('races', 'tote_tricast', 'race.tote_tricast', 'result'),
  ('races', 'tote_trifecta', 'race.tote_trifecta', 'result'),
  ('races', 'tip', 'race.tip', 'card'),
  ('races', 'verdict', 'race.verdict', 'card'),
  ('races', 'betting_forecast', 'race.betting_forecast', 'card'),
  ('races', 'created_at', 'coalesce(old.created_at, race.created_at at time zone ''UTC'')', null),
  ('races', 'updated_at', 'race.updated_at at time zone ''UTC''', null),
  ('runners', 'race_id', 'runner.race_id', null),
  ('runners', 'horse_id', 'runner.horse_id', null),
  ('runners', 'horse_name', 'horse.name', null),
  ('runners', 'jockey_name', 'coalesce(jockey.name, runner.jockey_name)', null),
  ('runners', 'trainer_name', 'coalesce(trainer.name, runner.trainer_name)', null),
  ('runners', 'owner_name', 'coalesce(owner.name, runner.owner_name)', null),
  -- Neither of these is ever null in the old table.
  (
    'runners', 'number',
    'case when runner.is_non_runner then ''NR'' else case when runner.is_reserve then ''R'' else '''' end '
    '|| coalesce(runner.number::text, '''') end', null
  ),
  ('runners', 'draw', 'coalesce(runner.draw::text, '''')', null),
  ('runners', 'jockey_id', 'runner.jockey_id', null),
  ('runners', 'trainer_id', 'runner.trainer_id', null),
  ('runners', 'owner_id', 'runner.owner_id', null),
  ('runners', 'sire_id', 'horse.sire_id', null),
  ('runners', 'dam_id', 'horse.dam_id', null),
  ('runners', 'damsire_id', 'horse.damsire_id', null),
  ('runners', 'weight_lbs', 'runner.weight_lbs', null),
  ('runners', 'weight_st_lbs', 'runner.weight_lbs / 14 || ''-'' || runner.weight_lbs % 14', null),
  ('runners', 'weight_stones_lbs', 'runner.weight_lbs / 14 || ''-'' || runner.weight_lbs % 14', null),
  ('runners', 'age', 'runner.age', null),
  ('runners', 'sex', 'coalesce(horse.sex, old.sex)', null),
  ('runners', 'sex_code', 'runner.sex_code', null),
  ('runners', 'colour', 'horse.colour', null),
  ('runners', 'dob', 'horse.dob', null),
  ('runners', 'headgear', 'runner.headgear', null),
  ('runners', 'headgear_run', 'runner.headgear_run', 'card'),
  ('runners', 'wind_surgery', 'runner.wind_surgery', 'card'),
  ('runners', 'wind_surgery_run', 'runner.wind_surgery_run', 'card'),
  ('runners', 'form', 'runner.form', 'card'),
  ('runners', 'last_run', 'runner.last_run', 'card'),
  ('runners', 'ofr', 'runner.official_rating', null),
  -- The old row's own, while the API has answered neither: the copy knows of some whose they are, of others not.
  (
    'runners', 'rpr',
    'case when runner.has_result then runner.rpr when runner.has_card then runner.card_rpr else old.rpr end', null
  ),
  (
    'runners', 'ts',
    'case when runner.has_result then runner.topspeed when runner.has_card then runner.card_topspeed else old.ts end',
    null
  ),
  (
    'runners', 'comment',
    'case when runner.has_result then runner.result_comment when runner.has_card then runner.card_comment '
    'else old.comment end', null
  ),
  ('runners', 'spotlight', 'runner.spotlight', 'card'),
  ('runners', 'trainer_rtf', 'trim_scale(runner.trainer_rtf_percent)::text', 'card'),
  ('runners', 'past_results_flags', 'to_jsonb(runner.past_results_flags)', 'card'),
  ('runners', 'is_scratched', 'runner.is_non_runner', null),
  ('runners', 'silk_url', 'public.silk_url(runner)', null),
  ('runners', 'jockey_silk_url', 'public.silk_url(runner)', null),
  ('runners', 'trainer_location', 'trainer.location', null),
  ('runners', 'updated_at', 'runner.updated_at at time zone ''UTC''', null),
  ('runners', 'position', 'runner.position', 'result'),
  (
    'runners', 'distance_beaten',
    'case when runner.beaten_lengths = 0 then ''0'' else trim_scale(runner.beaten_lengths)::text || ''L'' end', 'result'
  ),
  ('runners', 'prize_won', 'case runner.prize_currency when ''GBP'' then runner.prize_amount end', 'result'),
  (
    'runners', 'starting_price',
    'runner.sp || case runner.sp_favourite when ''favourite'' then ''F'' when ''joint favourite'' then ''J'' '
    'when ''co-favourite'' then ''C'' else '''' end', 'result'
  ),
  ('runners', 'starting_price_decimal', 'runner.sp_decimal', 'result'),
  ('runners', 'race_comment', 'runner.result_comment', 'result'),
  ('runners', 'overall_beaten_distance', 'runner.beaten_lengths_overall', 'result'),
  ('runners', 'jockey_claim_lbs', 'runner.jockey_claim_lbs', null),
  ('results', 'race_id', 'runner.race_id', null),
  ('results', 'race_date', 'race.race_date', null),
  ('results', 'horse_id', 'runner.horse_id', null),
  ('results', 'horse_name', 'horse.name', null),
  ('results', 'jockey_name', 'coalesce(jockey.name, runner.jockey_name)', null),
  ('results', 'trainer_name', 'coalesce(trainer.name, runner.trainer_name)', null),
  ('results', 'owner_name', 'coalesce(owner.name, runner.owner_name)', null),
  ('results', 'position', 'runner.position', null),
  -- The old writer lost the letters; the column was meant for them.
  ('results', 'position_str', 'coalesce(runner.position::text, runner.position_code)', null),
  ('results', 'number', 'runner.number::text', null),
  ('results', 'draw', 'coalesce(runner.draw::text, '''')', null),
  ('results', 'jockey_id', 'runner.jockey_id', null),
  ('results', 'jockey_claim_lbs', 'runner.jockey_claim_lbs', null),
  ('results', 'trainer_id', 'runner.trainer_id', null),
  ('results', 'owner_id', 'runner.owner_id', null),
  ('results', 'sire_id', 'horse.sire_id', null),
  ('results', 'dam_id', 'horse.dam_id', null),
  ('results', 'damsire_id', 'horse.damsire_id', null),
  ('results', 'age', 'runner.age', null),
  ('results', 'sex', 'runner.sex_code', null),
  ('results', 'weight_lbs', 'runner.weight_lbs', null),
  ('results', 'weight_st_lbs', 'runner.weight_lbs / 14 || ''-'' || runner.weight_lbs % 14', null),
  ('results', 'headgear', 'runner.headgear', null),
  (
    'results', 'sp',
    'runner.sp || case runner.sp_favourite when ''favourite'' then ''F'' when ''joint favourite'' then ''J'' '
    'when ''co-favourite'' then ''C'' else '''' end', null
  ),
  ('results', 'sp_decimal', 'runner.sp_decimal', null),
  ('results', 'btn', 'runner.beaten_lengths', null),
  ('results', 'ovr_btn', 'runner.beaten_lengths_overall', null),
  ('results', 'time_seconds', 'runner.time_seconds', null),
  (
    'results', 'time_display',
    'floor(runner.time_seconds / 60)::text || '':'' || (runner.time_seconds % 60)::numeric(8, 2)::text', null
  ),
  ('results', 'official_rating', 'runner.official_rating', null),
  ('results', 'rpr', 'runner.rpr', null),
  ('results', 'tsr', 'runner.topspeed', null),
  ('results', 'prize_won', 'case runner.prize_currency when ''GBP'' then runner.prize_amount end', null),
  ('results', 'comment', 'runner.result_comment', null),
  ('results', 'silk_url', 'public.silk_url(runner)', null),
  ('results', 'margin', 'trim_scale(runner.beaten_lengths)::text', null),
  ('odds', 'race_id', 'quote.race_id', null),
  ('odds', 'horse_id', 'quote.horse_id', null),
  ('odds', 'bookmaker_id', 'coalesce(old.bookmaker_id, bookmaker.id)', null),
  -- The copy took the last quote from the log of odds, if that has one: the old row is not it.
  (
    'odds', 'fractional_odds',
    'case when quote.from_legacy and old.id is not null then old.fractional_odds else quote.fractional end', null
  ),
  (
    'odds', 'decimal_odds',
    'case when quote.from_legacy and old.id is not null then old.decimal_odds else quote.decimal end', null
  ),
  (
    'odds', 'ew_places',
    'case when quote.from_legacy and old.id is not null then old.ew_places else quote.ew_places end', null
  ),
  (
    'odds', 'ew_denom',
    'case when quote.from_legacy and old.id is not null then old.ew_denom else quote.ew_denominator end', null
  ),
  (
    'odds', 'updated_at',
    'case when quote.from_legacy and old.id is not null then old.updated_at '
    'else quote.quoted_at at time zone ''UTC'' end', null
  );

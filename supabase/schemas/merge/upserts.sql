-- The upserts of all tables whose columns say who owns them, and what is special about each.

create function engine.write_upserts()
returns void
language plpgsql
security invoker
set search_path = ''
as $$
declare
  parents text;
begin
  foreach parents in array array['ra_mst_sires', 'ra_mst_dams', 'ra_mst_damsires'] loop
    -- The id among the horses has the same number.
    perform engine.write_upsert(parents, filled => '{"horse_id": "''hrs_'' || substr(sent.id, 5)"}');
  end loop;
  perform engine.write_upsert(
    'ra_mst_horses',
    instead_of => '{"sire_name": "sire_id", "dam_name": "dam_id", "damsire_name": "damsire_id"}'
  );
  perform engine.write_upsert('ra_mst_jockeys');
  perform engine.write_upsert(
    'ra_mst_trainers',
    -- A card without a location says nothing about it: it must not make an older one look newer.
    filled => '{"card_seen_on": "case when sent.location is not null then sent.card_seen_on end"}'
  );
  perform engine.write_upsert('ra_mst_owners');
  perform engine.write_upsert(
    'ra_races',
    filled => '{"card_date": "case when sent.has_card then sent.race_date end"}',
    together => '[["prize_amount", "prize_currency"]]'
  );
  perform engine.write_upsert(
    'ra_runners',
    -- A horse on a card whose race has its complete result did not run, unless the result has a row for it.
    filled => '{
      "is_non_runner":
        "coalesce(sent.is_non_runner, false) or (coalesce(sent.has_card, false) and whole.race_id is not null)"
    }',
    joined => 'left join engine.whole_results_of_cards(rows) as whole on whole.race_id = sent.race_id',
    together => '[
      ["last_run", "last_run_days"], ["position", "position_code"], ["sp", "sp_favourite"],
      ["prize_amount", "prize_currency"]
    ]',
    instead_of => '{"jockey_name": "jockey_id", "trainer_name": "trainer_id", "owner_name": "owner_id"}'
  );
end
$$;
comment on function engine.write_upserts() is
  'Writes the upserts again from the comments on the columns. A migration that adds a column ends with it: alter table,
   comment on column, select engine.write_upserts().';

select engine.write_upserts();

-- Counts of each table
select 'ra_races' as table_name, count(*) as rows_stored from ra_races
union all
select 'ra_runners', count(*) from ra_runners
union all
select 'ra_runner_odds', count(*) from ra_runner_odds
union all
select 'ra_runner_odds_history', count(*) from ra_runner_odds_history
union all
select 'ra_runner_prices', count(*) from ra_runner_prices
union all
select 'ra_mst_horses', count(*) from ra_mst_horses
union all
select 'ra_mst_jockeys', count(*) from ra_mst_jockeys
union all
select 'ra_mst_trainers', count(*) from ra_mst_trainers
union all
select 'ra_mst_owners', count(*) from ra_mst_owners
union all
select 'ra_mst_sires', count(*) from ra_mst_sires
union all
select 'ra_mst_dams', count(*) from ra_mst_dams
union all
select 'ra_mst_damsires', count(*) from ra_mst_damsires
union all
select 'ra_mst_courses', count(*) from ra_mst_courses
union all
select 'ra_mst_bookmakers', count(*) from ra_mst_bookmakers
union all
select 'ra_mst_regions', count(*) from ra_mst_regions
union all
select 'ra_coverage', count(*) from ra_coverage;

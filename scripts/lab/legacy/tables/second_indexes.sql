-- Indexes on the columns that came with the second era.

create index idx_runners_position on public.ra_runners (position);
create index idx_runners_sp_decimal on public.ra_runners (starting_price_decimal);
create index idx_runners_ovr_btn on public.ra_runners (overall_beaten_distance);
create index idx_runners_jockey_claim on public.ra_runners (jockey_claim_lbs);
create index idx_runners_result_updated on public.ra_runners (result_updated_at);

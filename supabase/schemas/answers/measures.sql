-- The measures of one run. Each formula stands once, here.

create function racing.prb(ran integer, finishers integer, "position" integer)
returns double precision
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when prb.ran > 1 then
      (prb.ran - coalesce(prb.position, (prb.finishers + prb.ran + 1) / 2.0)::double precision) / (prb.ran - 1)
  end;
end
$$;
comment on function racing.prb(integer, integer, integer) is
  'Percentage of rivals beaten, 0 to 1: (ran - position) / (ran - 1), as geegeez.co.uk has it. Those without a position
   share the places behind the finishers, (finishers + ran + 1) / 2, so that the average of a field without a dead heat
   is 0.5. Null for a walkover.';

create function racing.sp_profit("position" integer, winners integer, sp_decimal numeric)
returns double precision
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when sp_profit.sp_decimal > 1 then
      case
        when sp_profit.position = 1 then sp_profit.sp_decimal::double precision / sp_profit.winners - 1
        else -1
      end
  end;
end
$$;
comment on function racing.sp_profit(integer, integer, numeric) is
  'What a bet of 1 to win at the starting price brought: sp_decimal - 1 for the winner, -1 for any other. In a dead heat
   of n the stake is divided: sp_decimal / n - 1. Null without a price above 1: there was no bet.';

create function racing.form_figure("position" integer, position_code text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = ''
as $$
begin
  return case
    when form_figure.position between 1 and 9 then form_figure.position::text
    when form_figure.position is not null then '0'
    when form_figure.position_code = 'RO' then 'O'
    else coalesce(nullif(left(form_figure.position_code, 1), ''), '?')
  end;
end
$$;
comment on function racing.form_figure(integer, text) is
  'A run as a character: its position from 1 to 9, 0 for 10th and worse, else the letter of the code: P pulled up, F
   fell, U unseated, B brought down, R refused, O ran out, S slipped up, D disqualified, L left, C carried out; ? for a
   run without either.';

revoke all on function racing.prb, racing.sp_profit, racing.form_figure from public, anon, authenticated, service_role;
grant execute on function racing.prb, racing.sp_profit, racing.form_figure to service_role;

-- How a dispatch is signed.

-- Core functions only, so that it works in the same way on every server, with or without pgcrypto.
create function engine.hmac_sha256(message bytea, key bytea)
returns bytea
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  block_bytes constant integer := 64;
  short_key constant bytea := case when octet_length(key) > block_bytes then sha256(key) else key end;
  block constant bytea := short_key || decode(repeat('00', block_bytes - octet_length(short_key)), 'hex');
  inner_block bytea := block;
  outer_block bytea := block;
begin
  for nth in 0 .. block_bytes - 1 loop
    inner_block := set_byte(inner_block, nth, get_byte(block, nth) # 54); -- 0x36
    outer_block := set_byte(outer_block, nth, get_byte(block, nth) # 92); -- 0x5c
  end loop;
  return sha256(outer_block || sha256(inner_block || message));
end
$$;
comment on function engine.hmac_sha256(bytea, bytea) is 'HMAC with SHA-256, as in RFC 2104.';

-- Each field has its length in bytes before it, so that no two dispatches give the same text, whatever they contain.
create function engine.text_to_sign(fields text[])
returns bytea
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select convert_to(
    string_agg(octet_length(convert_to(field.value, 'utf8')) || ':' || field.value || ',', '' order by field.place),
    'utf8'
  )
  from unnest(text_to_sign.fields) with ordinality as field (value, place)
$$;
comment on function engine.text_to_sign(text[]) is
  'What is signed: function, subject (a feed, or ping), number and expiry, each as "<bytes>:<field>,".';

-- A stand-in for Supabase Vault: its functions, columns and rights. What it does not do is encrypt: this database is
-- thrown away, and a secret is only encoded so that `secret` and `decrypted_secret` differ as they do on the platform.
create schema if not exists vault;

create table if not exists vault.secrets (
  id uuid primary key default gen_random_uuid(),
  name text,
  description text not null default '',
  secret text not null,
  key_id uuid,
  nonce bytea,
  created_at timestamptz not null default current_timestamp,
  updated_at timestamptz not null default current_timestamp
);

create unique index if not exists secrets_name_idx on vault.secrets (name) where name is not null;

-- A view asks its owner's rights for tables, but the caller's for functions: who may not execute this one reads no
-- secret, whatever was granted on the view.
create or replace function vault._crypto_aead_det_decrypt(
  message bytea,
  additional bytea,
  key_id bigint,
  context bytea default 'pgsodium',
  nonce bytea default null
)
returns bytea
language plpgsql
immutable
set search_path = ''
as $$
begin
  return message;
end
$$;

create or replace view vault.decrypted_secrets as
select
  secrets.id,
  secrets.name,
  secrets.description,
  secrets.secret,
  pg_catalog.convert_from(
    vault._crypto_aead_det_decrypt(
      message => pg_catalog.decode(secrets.secret, 'base64'),
      additional => pg_catalog.convert_to(secrets.id::text, 'utf8'),
      key_id => 0,
      nonce => secrets.nonce
    ),
    'utf8'
  ) as decrypted_secret,
  secrets.key_id,
  secrets.nonce,
  secrets.created_at,
  secrets.updated_at
from vault.secrets;

create or replace function vault.create_secret(
  new_secret text,
  new_name text default null,
  new_description text default '',
  new_key_id uuid default null
)
returns uuid
language sql
security definer -- as the real one: the caller may make a secret without a right to the table
set search_path = ''
as $$
  insert into vault.secrets (secret, name, description, key_id)
  values (
    pg_catalog.encode(pg_catalog.convert_to(new_secret, 'utf8'), 'base64'),
    new_name,
    coalesce(new_description, ''),
    new_key_id
  )
  returning id;
$$;

create or replace function vault.update_secret(
  secret_id uuid,
  new_secret text default null,
  new_name text default null,
  new_description text default null,
  new_key_id uuid default null
)
returns void
language sql
security definer
set search_path = ''
as $$
  update vault.secrets
  set
    secret = coalesce(pg_catalog.encode(pg_catalog.convert_to(new_secret, 'utf8'), 'base64'), secret),
    name = coalesce(new_name, name),
    description = coalesce(new_description, description),
    key_id = coalesce(new_key_id, key_id),
    updated_at = pg_catalog.now()
  where id = secret_id;
$$;

revoke all on all functions in schema vault from public;

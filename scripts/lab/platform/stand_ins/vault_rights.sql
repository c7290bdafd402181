-- What the platform grants on Vault besides the extension's own script, on the real one and on the stand-in. Before
-- 0.3 Vault decrypted in another schema: a function that it has not is left out.
grant usage on schema vault to postgres with grant option;
grant usage on schema vault to service_role;
grant select, delete, truncate, references on vault.secrets, vault.decrypted_secrets to postgres with grant option;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;

do $$
declare
  routine regprocedure;
begin
  for routine in
    select p.oid
    from pg_catalog.pg_proc as p
    where
      p.pronamespace = 'vault'::regnamespace
      and p.proname in ('create_secret', 'update_secret', '_crypto_aead_det_decrypt')
  loop
    execute pg_catalog.format('grant execute on function %s to postgres with grant option', routine);
    execute pg_catalog.format('grant execute on function %s to service_role', routine);
  end loop;
end
$$;

-- Who owns a column: the feed that fills it. Said once, at the beginning of the column's comment; the upserts, the
-- types of the readers and the data dictionary read it from there.

create view engine.column_owners
with (security_invoker = true)
as
select
  c.relname::text as table_name,
  a.attname::text as column_name,
  substring(pg_catalog.col_description(c.oid, a.attnum) from '^(Card|Result|Both)\. ') as owner,
  a.attnotnull as is_required,
  pg_catalog.pg_get_expr(d.adbin, d.adrelid) as default_value,
  array_position(k.conkey, a.attnum) as place_in_key,
  a.atttypid = 'text'::regtype as is_text,
  (select r.relname::text from pg_catalog.pg_class as r where r.oid = f.confrelid) as refers_to
from pg_catalog.pg_class as c
join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_constraint as k on k.conrelid = c.oid and k.contype = 'p'
left join pg_catalog.pg_constraint as f on f.conrelid = c.oid and f.contype = 'f' and f.conkey = array[a.attnum]
left join pg_catalog.pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
where
  c.relnamespace = 'public'::regnamespace
  and c.relkind = 'r'
  -- Columns that Postgres fills, the times of writing and the mark of the old database come from no feed.
  and a.attgenerated = ''
  and a.attidentity = ''
  and a.attname not in ('created_at', 'updated_at', 'from_legacy');
comment on view engine.column_owners is
  'Columns of the tables in public with the owner that their comments begin with. Card: only cards fill it. Result: only
   results do. Both: both do. Null when the comment does not say: the table is merged by hand, or the owner was
   forgotten. refers_to: the table that an id refers to.';

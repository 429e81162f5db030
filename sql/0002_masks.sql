-- Masks that need more than an expression.
--
-- A mask is computed in the view, below WHERE, ORDER BY and GROUP BY, so that filtering or sorting by a masked column works on
-- what is shown and never on what is hidden. Simple masks are plain expressions in the view; these two are functions.
--
-- mask_hash is a pseudonym: equal values give equal pseudonyms within a tenant, and nothing links them across tenants or to a
-- table of known values, since it is keyed by the installation. mask_text takes out of free text what looks like an
-- e-mail address, a card, an account, a national or a telephone number. It errs towards taking out too much, and it cannot know a
-- name when it sees one: leave a column out of the slice if that matters.

set local role ringfence_owner;

create function ringfence.mask_hash(value text) returns text
language plpgsql stable strict security definer parallel restricted set search_path = pg_catalog, pg_temp as $$
declare
  fields text[] := ringfence.sealed();
begin
  if fields is null then
    return null;
  end if;
  return (
    select "left"(encode(sha256(i.seal_outer || sha256(
      i.seal_inner || convert_to('mask' || chr(31) || fields[1] || chr(31) || value, 'UTF8'))), 'hex'), 16)
    from ringfence.install i);
end
$$;

create function ringfence.mask_text(value text) returns text
language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
  select
    regexp_replace(
    regexp_replace(
    regexp_replace(
    regexp_replace(
    regexp_replace(value,
      '[[:alnum:]._%+''-]+@[[:alnum:]-]+(\.[[:alnum:]-]+)+', '[email]', 'g'),
      '\m[A-Z]{2}[0-9]{2}( ?[A-Z0-9]{4}){2,7}( ?[A-Z0-9]{1,3})?\M', '[iban]', 'g'),
      '\m[0-9]{3}-[0-9]{2}-[0-9]{4}\M', '[id]', 'g'),
      '\m([0-9][ -]?){12,18}[0-9]\M', '[card]', 'g'),
      '(\+|\m)(\(?[0-9]\)?[ ./()-]{0,2}){8,14}[0-9]\M|\m[0-9]{3}[-. ][0-9]{4}\M', '[phone]', 'g')
$$;

revoke all on function ringfence.mask_hash(text), ringfence.mask_text(text) from public;
reset role;

import { type Fault, runFaults } from '../support/fault.js';

const PINNED = 'set search_path = pg_catalog, pg_temp';

const faults: readonly Fault[] = [
  {
    name: 'a definer function of a superuser that reads a tenant table, for everybody',
    break: `create function shop.all_invoices() returns setof shop.invoice language sql stable security definer ${PINNED} as 'select * from shop.invoice'`,
    expect: { rule: 'function.reads_past', object: 'function shop.all_invoices()', severity: 'critical' },
  },
  {
    name: 'a definer function that reads a tenant table, for the login of the product',
    break: `create function shop.find_invoice(wanted uuid) returns numeric language plpgsql security definer ${PINNED} as $$ begin return (select total from shop.invoice where id = wanted); end $$;
      revoke execute on function shop.find_invoice(uuid) from public; grant execute on function shop.find_invoice(uuid) to check_app`,
    expect: { rule: 'function.reads_past', object: 'function shop.find_invoice(uuid)', severity: 'critical' },
  },
  {
    name: 'a definer function whose body was parsed when it was made',
    break: `create function shop.turnover() returns numeric language sql stable security definer begin atomic select sum(total) from shop.invoice; end`,
    expect: { rule: 'function.reads_past', object: 'function shop.turnover()', severity: 'critical' },
  },
  {
    name: 'a definer function that runs whatever text it is given',
    break: `create function shop.run(what text) returns bigint language plpgsql security definer ${PINNED} as $$ declare n bigint; begin execute what into n; return n; end $$;
      revoke execute on function shop.run(text) from public; grant execute on function shop.run(text) to check_app`,
    expect: { rule: 'function.reads_past', object: 'function shop.run(text)', severity: 'high' },
  },
  {
    name: 'a definer function that everybody may call',
    break: `create function shop.greet() returns text language sql security definer ${PINNED} as $$ select 'hello' $$; alter function shop.greet() owner to check_owner`,
    expect: { rule: 'function.definer_public', object: 'function shop.greet()', severity: 'medium' },
  },
  {
    name: 'a definer procedure of a superuser that everybody may call',
    break: `create procedure shop.clean() language plpgsql security definer ${PINNED} as $$ begin null; end $$`,
    expect: { rule: 'function.definer_public', object: 'procedure shop.clean()', severity: 'high' },
  },
  {
    name: 'a definer function without a search_path of its own',
    break: `create function shop.country_name(wanted text) returns text language sql stable security definer as 'select name from shop.country where code = wanted';
      alter function shop.country_name(text) owner to check_owner;
      revoke execute on function shop.country_name(text) from public; grant execute on function shop.country_name(text) to check_app`,
    expect: { rule: 'function.search_path', object: 'function shop.country_name(text)', severity: 'high' },
  },
  {
    name: 'a definer function before whose tables temporary ones come',
    break: `create function shop.country_name(wanted text) returns text language sql stable security definer set search_path = shop as 'select name from country where code = wanted';
      alter function shop.country_name(text) owner to check_owner;
      revoke execute on function shop.country_name(text) from public; grant execute on function shop.country_name(text) to check_app`,
    expect: { rule: 'function.search_path', object: 'function shop.country_name(text)', severity: 'medium' },
  },
  {
    name: 'a function that somebody marked LEAKPROOF',
    break: `create function shop.same(a text, b text) returns boolean language sql immutable leakproof as 'select a = b'; alter function shop.same(text, text) owner to check_owner`,
    expect: { rule: 'function.leakproof', object: 'function shop.same(text, text)', severity: 'high' },
  },
  {
    name: 'a trigger that copies rows to where no row security is',
    break: `create table shop.trail (at timestamptz default now(), what jsonb); alter table shop.trail owner to check_owner; grant select, insert on shop.trail to check_app;
      create function shop.keep() returns trigger language plpgsql ${PINNED} as $$ begin insert into shop.trail (what) values (to_jsonb(new)); return new; end $$;
      alter function shop.keep() owner to check_owner;
      create trigger keep after insert on shop.invoice for each row execute function shop.keep()`,
    expect: { rule: 'trigger.copies_rows', object: 'trigger keep on shop.invoice', severity: 'critical' },
  },
  {
    name: 'a trigger that acts as a superuser on tenant tables',
    break: `create function shop.settle() returns trigger language plpgsql security definer ${PINNED} as $$ begin update shop.invoice set total = total where id = new.invoice_id; return new; end $$;
      create trigger settle after insert on shop.payment for each row execute function shop.settle()`,
    expect: { rule: 'trigger.definer', object: 'trigger settle on shop.payment', severity: 'medium' },
  },
  {
    name: 'a trigger that is switched off',
    break: `create function shop.guard() returns trigger language plpgsql ${PINNED} as $$ begin return new; end $$; alter function shop.guard() owner to check_owner;
      create trigger guard before insert on shop.invoice for each row execute function shop.guard();
      alter table shop.invoice disable trigger guard`,
    expect: { rule: 'trigger.disabled', object: 'trigger guard on shop.invoice', severity: 'low' },
  },
  {
    name: 'foreign keys that are not checked',
    break: `alter table shop.payment disable trigger all`,
    expect: { rule: 'trigger.disabled', object: 'table shop.payment', severity: 'medium' },
  },
  {
    name: 'an event trigger',
    break: `create function shop.watch() returns event_trigger language plpgsql as $$ begin null; end $$; alter function shop.watch() owner to check_owner;
      create event trigger watch on ddl_command_end execute function shop.watch()`,
    expect: { rule: 'event_trigger.present', object: 'event trigger watch', severity: 'medium' },
  },
];

runFaults('check on code', faults);

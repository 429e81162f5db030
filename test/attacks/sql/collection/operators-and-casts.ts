import type { Idea } from '../support/attack.js';

/** What runs where no function is written: operators, casts, and the conversions behind them. */
export const operatorsAndCasts: Idea = {
  name: 'operators and casts',
  about: 'code behind an operator, a cast or a type, made by the attacker or chosen for what it tells',
  attacks: [
    {
      name: 'an operator of one’s own that tells what it is given',
      text: `create function pg_temp.tell(text, text) returns bool cost 0.0001 language plpgsql as $$ begin raise notice '%', $1; return true; end $$;
        create operator pg_temp.=~= (function = pg_temp.tell, leftarg = text, rightarg = text);
        create view pg_temp.mine with (security_barrier = false) as select body from public.announcement where org_id = 'northstar-dental';
        select * from pg_temp.mine where body operator(pg_temp.=~=) 'x'`,
      aim: 'rows',
      raw: { says: /zephyr moves house/ },
    },
    {
      name: 'CREATE OPERATOR in the slice’s own schema',
      text: `create operator slice_support.= (function = texteq, leftarg = text, rightarg = text)`,
      aim: 'writes',
      raw: { refused: '3F000' },
    },
    {
      name: 'CREATE CAST that is taken implicitly',
      text: `create cast (urgency as int) with inout as implicit`,
      aim: 'writes',
      raw: {
        as: 'superuser',
        next: [
          `select 'cast' from pg_cast where casttarget = 'int'::regtype and castsource = 'urgency'::regtype`,
          /cast/,
        ],
      },
    },
    {
      name: 'CREATE AGGREGATE over a function that leaks',
      text: `create aggregate pg_temp.leak(text) (sfunc = textcat, stype = text)`,
      aim: 'writes',
      raw: { state: 'ok' },
    },
    {
      name: 'a cast that fails with the value',
      text: `select body::int from {ticket} where org_id = 'northstar-design'`,
      aim: 'rows',
      raw: { as: 'reader', says: /Three new seats zephyr/, state: '22P02' },
    },
    {
      name: 'a cast of a masked column that fails with what is under the mask',
      text: `select phone::int from {customer}`,
      aim: 'columns',
      raw: { says: /umbra-555-0142/ },
      guard: 'scoped',
    },
    {
      name: 'OPERATOR() to reach an operator past the search path',
      text: `select body from {ticket} where body operator(pg_catalog.~) '^Three new'`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'a cast to regclass that says what there is',
      text: `select 'public.payroll'::regclass::oid`,
      aim: 'metadata',
      raw: { says: /^\[\[\["[0-9]+"\]\]\]$/ },
      onlyTheGuard: { what: 'metadata', shows: /^\[\["[0-9]+"\]\]$/ },
    },
    {
      name: 'a cast to regprocedure that says what there is',
      text: `select 'public.run_report(text)'::regprocedure::text`,
      aim: 'metadata',
      raw: { says: /run_report/ },
      onlyTheGuard: { what: 'metadata', shows: /run_report/ },
    },
    {
      name: 'a cast to regrole that says who there is',
      text: `select 'postgres'::regrole::oid`,
      aim: 'metadata',
      raw: { says: /"10"/ },
      onlyTheGuard: { what: 'metadata', shows: /"10"/ },
    },
    {
      name: 'a cast through the output function, by its own name',
      text: `select textin(textout(convert_from(textsend(phone), 'UTF8'))) from {customer}`,
      aim: 'columns',
      raw: { says: /umbra-555/ },
    },
    {
      name: 'a cast to a composite type of the product’s',
      text: `select ('(1,x,Umb,e,p,1981-01-01,Oslo,,secret,1)'::public.customer).portal_password`,
      aim: 'columns',
      raw: { says: /secret/ },
      onlyTheGuard: { what: 'statement', shows: /secret/ },
    },
    {
      name: 'a cast between tables whose columns fit',
      text: `select (row(t.*)::public.ticket).body from public.ticket t`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'a cast to xid, cid and tid, to see which rows others touched',
      text: `select pg_current_snapshot(), txid_current_snapshot(), pg_xact_commit_timestamp('3'::xid)`,
      aim: 'metadata',
      raw: { state: '55000' },
    },
    {
      name: 'implicit conversion of a literal by the column’s own input function',
      text: `select id from {ticket} where urgency = 'nonsense'`,
      aim: 'metadata',
      raw: { says: /invalid input value for enum urgency/ },
      guard: 'scoped',
    },
    {
      name: 'ordering USING an operator',
      text: `select body from {ticket} order by body using operator(pg_catalog.<)`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'COLLATE with a collation from elsewhere',
      text: `select full_name from {customer} order by full_name collate "en-x-icu", id`,
      aim: 'columns',
      raw: { says: /Umbra/ },
    },
    {
      name: 'functions that call functions by number',
      text: `select array_in('{1}', 23, -1), range_in('[1,2]', 3904, -1), domain_in('x', 25, -1)`,
      aim: 'parsing',
      raw: { refused: '42804' },
    },
    {
      name: 'a domain that checks by a function of the attacker’s',
      text: `create function pg_temp.told(text) returns bool language plpgsql as $$ begin raise notice '%', $1; return true; end $$;
        create domain pg_temp.telling as text check (pg_temp.told(value));
        select body::pg_temp.telling from {ticket}`,
      aim: 'rows',
      raw: { as: 'app', says: /We asked on Monday/ },
    },
  ],
};

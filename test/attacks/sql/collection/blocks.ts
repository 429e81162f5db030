import type { Idea } from '../support/attack.js';

/** A block is a program. */
export const blocks: Idea = {
  name: 'blocks and calls',
  about: 'DO and CALL: programs in a language of the server’s',
  attacks: [
    {
      name: 'DO that changes the tenant and tells',
      text: `do $$ begin perform set_config('{seal}', '{forged}', true); raise notice '%', (select string_agg(body, ',') from {ticket}); end $$`,
      aim: 'rows',
      raw: { says: /zephyr/ },
    },
    {
      name: 'DO that sets for the session',
      text: `do $$ begin set session row_security = off; end $$`,
      aim: 'session',
      raw: { where: 'session', next: ['show row_security', /off/] },
    },
    {
      name: 'DO that becomes another role',
      text: `do $$ begin execute 'set role {role}'; end $$`,
      aim: 'identity',
      raw: { next: ['select terms from invoice', /zephyr/] },
    },
    {
      name: 'DO that commits',
      text: `do $$ begin perform 1; commit; end $$`,
      aim: 'session',
      raw: { where: 'session', state: 'ok' },
    },
    {
      name: 'DO that writes',
      text: `do $$ begin update {ticket} set subject = 'defaced'; end $$`,
      aim: 'writes',
      raw: { next: ['select distinct subject from ticket', /^\[\[\["defaced"\]\]\]$/] },
    },
    {
      name: 'DO that loops',
      text: `do $$ begin loop null; end loop; end $$`,
      aim: 'resources',
      raw: { state: '57014' },
    },
    {
      name: 'DO that catches its own cancellation',
      text: `do $$ begin perform pg_sleep(10); exception when query_canceled then perform set_config('app.caught', 'yes', false); end $$`,
      aim: 'resources',
      raw: { where: 'session', next: [`select 'caught ' || current_setting('app.caught')`, /caught yes/] },
    },
    {
      name: 'DO in another language',
      text: `do language sql 'select 1'`,
      aim: 'parsing',
      raw: { refused: '0A000' },
    },
    {
      name: 'DO in a language of the host’s',
      text: `do language plpython3u $$ import os $$`,
      aim: 'host',
      raw: { refused: '42704' },
    },
    {
      name: 'CALL of a procedure that commits',
      text: `create procedure public.through() language plpgsql as $$ begin commit; end $$; call public.through()`,
      aim: 'session',
      raw: { where: 'apart', state: '2D000' },
    },
    {
      name: 'CALL of one that is not there',
      text: `call pg_catalog.nothing()`,
      aim: 'metadata',
      raw: { refused: '42883' },
    },
    {
      name: 'a function made and run in one go',
      text: `create function pg_temp.run() returns setof text language sql as 'select holder from public.payroll'; select * from pg_temp.run()`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
  ],
};

import type { Idea } from '../support/attack.js';

/** A view is a query that runs as somebody else; a rule is a statement that becomes another. */
export const viewsAndRules: Idea = {
  name: 'views and rules',
  about: 'queries kept under a name, made, changed or read as their owner',
  attacks: [
    {
      name: 'a view of one’s own over the base table',
      text: `create view public.mine as select * from public.ticket`,
      aim: 'writes',
      raw: { state: 'ok' },
    },
    {
      name: 'a view of the slice, replaced',
      text: `create or replace view slice_support.ticket as select * from public.ticket`,
      aim: 'writes',
      raw: { refused: '3F000' },
    },
    {
      name: 'a view’s owner changed',
      text: `alter view public.everybody owner to current_user`,
      aim: 'writes',
      raw: { refused: '42501' },
    },
    {
      name: 'a view made to run as whoever asks',
      text: `alter view slice_support.ticket set (security_invoker = true)`,
      aim: 'writes',
      raw: { refused: '3F000' },
    },
    {
      name: 'a rule that turns a harmless write into a read',
      text: `create table public.trap (id int); create rule steal as on insert to public.trap do instead select id from public.ticket`,
      aim: 'writes',
      raw: { state: 'ok' },
    },
    {
      name: 'a rule that turns a write into another',
      text: `create rule forward as on update to {ticket} do also select current_user`,
      aim: 'writes',
      raw: { state: 'ok' },
    },
    {
      name: 'a write through a view',
      text: `update {customer} set city = 'defaced'`,
      aim: 'writes',
      raw: { next: ['select distinct city from customer', /^\[\[\["defaced"\]\]\]$/] },
    },
    {
      name: 'a row inserted through a view, for another tenant',
      text: `insert into {ticket} (org_id, subject, body) values ('northstar-design', 'x', 'x')`,
      aim: 'writes',
      raw: { refused: '42501' },
    },
    {
      name: 'a materialised view refreshed',
      text: `refresh materialized view public.ticket_cache`,
      aim: 'writes',
      raw: { state: 'ok' },
    },
    {
      name: 'a materialised view made',
      text: `create materialized view public.kept as select * from {ticket}`,
      aim: 'writes',
      raw: { state: 'ok' },
    },
    {
      name: 'a view’s definition, for what it leaves out',
      text: `select pg_get_viewdef('public.everybody'::regclass)`,
      aim: 'metadata',
      raw: { says: /salary/ },
      onlyTheGuard: { what: 'metadata', shows: /salary/ },
    },
    {
      name: 'the rules of row security, read',
      text: `select policyname, qual from pg_policies where tablename = 'ticket'`,
      aim: 'metadata',
      raw: { says: /app\.tenant/ },
      onlyTheGuard: { what: 'metadata', shows: /ringfence/ },
    },
    {
      name: 'the rules of row security, dropped',
      text: `drop policy by_setting on {ticket}`,
      aim: 'writes',
      raw: { next: ['select body from ticket', /^\[\[\]\]$/] },
    },
    {
      name: 'row security, switched off on the table',
      text: `alter table public.ticket disable row level security`,
      aim: 'writes',
      raw: { next: ['select body from ticket', /zephyr/] },
    },
    {
      name: 'row security, no longer forced upon the owner',
      text: `alter table public.ticket no force row level security`,
      aim: 'writes',
      raw: { next: ['select body from ticket', /zephyr/] },
    },
  ],
};

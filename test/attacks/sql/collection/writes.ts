import type { Idea } from '../support/attack.js';

/** A statement that reads may write in one of its parts. */
export const writes: Idea = {
  name: 'writes',
  about: 'data changed: by statement, in a CTE, by what a read brings about',
  attacks: [
    {
      name: 'an UPDATE in a CTE',
      text: `with w as (update {ticket} set subject = 'defaced' returning id) select count(*) from w`,
      aim: 'writes',
      raw: { next: ['select distinct subject from ticket', /^\[\[\["defaced"\]\]\]$/] },
    },
    {
      name: 'a DELETE in a CTE that nothing refers to',
      text: `with gone as (delete from {ticket_note}) select 1 as one`,
      aim: 'writes',
      raw: { next: ['select count(*) from ticket_note', /"0"/] },
    },
    {
      name: 'an INSERT in a CTE, with what it returns',
      text: `with new as (insert into {memo} (org_id, owner_id, body) values ('northstar-dental', 'u1', 'planted') returning *) select body from new`,
      aim: 'writes',
      raw: { says: /planted/ },
    },
    {
      name: 'a MERGE in a CTE',
      text: `with m as (merge into {memo} t using {plan} s on false when not matched then insert (org_id, owner_id, body) values ('northstar-dental', 'u1', s.code) returning 1) select * from m`,
      aim: 'writes',
      raw: { since: 17, says: /"1"/ },
    },
    {
      name: 'a write in a CTE of a subquery',
      text: `select * from (with w as (update {ticket} set subject = 'x' returning id) select id from w) q`,
      aim: 'writes',
      raw: { refused: '0A000' },
    },
    {
      name: 'a write to the base table',
      text: `with w as (update public.ticket set body = 'defaced' where org_id = 'northstar-design' returning body) select * from w`,
      aim: 'writes',
      raw: { as: 'superuser', says: /defaced/ },
    },
    {
      name: 'UPDATE',
      text: `update {ticket} set body = 'defaced'`,
      aim: 'writes',
      raw: { next: ['select distinct body from ticket', /^\[\[\["defaced"\]\]\]$/] },
    },
    {
      name: 'DELETE with RETURNING',
      text: `delete from {ticket_note} returning body`,
      aim: 'writes',
      raw: { says: /called back/ },
    },
    {
      name: 'INSERT from a SELECT',
      text: `insert into {memo} (org_id, owner_id, body) select org_id, 'u1', body from {ticket}`,
      aim: 'writes',
      raw: { next: ['select count(*) from memo', /"5"/] },
    },
    {
      name: 'INSERT … ON CONFLICT, which tells of what is hidden',
      text: `insert into {invoice} (org_id, number, amount, terms) values ('northstar-dental', 'Z-1', 1, 'x') on conflict (number) do nothing returning id`,
      aim: 'rows',
      raw: { says: /^\[\[\]\]$/ },
    },
    {
      name: 'MERGE',
      text: `merge into {ticket} t using {ticket_note} n on n.ticket_id = t.id when matched then update set body = n.body`,
      aim: 'writes',
      raw: { next: ['select body from ticket where id = 1', /called back/] },
    },
    {
      name: 'TRUNCATE, which row security does not see',
      text: `truncate {ticket_note}`,
      aim: 'writes',
      raw: { next: [`set local role raw_report; select count(*) from ticket_note`, /"0"/] },
    },
    {
      name: 'COPY FROM the client',
      text: `copy {ticket_note} from stdin`,
      aim: 'writes',
      raw: { refused: '0A000' },
    },
    {
      name: 'COPY TO the client',
      text: `copy public.payroll to stdout`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
    {
      name: 'COPY of a query TO the client',
      text: `copy (select body from {ticket}) to stdout with (format csv, header)`,
      aim: 'rows',
      raw: { says: /We asked on Monday/ },
    },
    {
      name: 'a default that draws a number',
      text: `with w as (insert into {ticket} (org_id, subject, body) values ('northstar-dental', 'x', 'x') returning id) select id from w`,
      aim: 'writes',
      raw: { says: /"75[0-9]{2}"/ },
    },
    {
      name: 'FOR UPDATE in a subquery',
      text: `select * from (select id from {ticket} for update nowait) x`,
      aim: 'resources',
      raw: {
        elsewhere: [
          `select mode from pg_locks l join pg_class c on c.oid = l.relation where relname = 'ticket'`,
          /RowShareLock/,
        ],
      },
    },
    {
      name: 'a write to a system catalog',
      text: `update pg_class set relrowsecurity = false where relname = 'ticket'`,
      aim: 'writes',
      raw: { as: 'superuser', next: [`select relrowsecurity from pg_class where relname = 'ticket'`, /"f"/] },
    },
  ],
};

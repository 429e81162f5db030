import type { Idea } from '../support/attack.js';

/** Two statements in one text. */
export const multiStatement: Idea = {
  name: 'several statements',
  about: 'a second statement behind the one that is looked at',
  attacks: [
    {
      name: 'a semicolon and a DROP',
      text: `select 1; drop table {ticket_note}`,
      aim: 'writes',
      raw: { next: ['select 1 from ticket_note', /does not exist/] },
    },
    {
      name: 'a SET before the SELECT',
      text: `set local "{seal}" = '{forged}'; select body from {ticket}`,
      aim: 'rows',
      raw: { says: /zephyr/ },
    },
    {
      name: 'a RESET before the SELECT',
      text: `set role {role}; select terms from {invoice}`,
      aim: 'rows',
      raw: { says: /zephyr/ },
    },
    {
      name: 'two SELECTs',
      text: `select 1; select body from public.ticket where id = 7001`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'a second statement behind a line comment’s end',
      text: `select 1 -- ;\n; select holder from public.payroll`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
    {
      name: 'a second statement behind a comment that closes early',
      text: `select 1 /* ; */; select holder from public.payroll /* */`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
    {
      name: 'a second statement in what looks like a string',
      text: `select 'a\\'; select holder from public.payroll --'`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
    {
      name: 'a second statement in what looks like a dollar quote',
      text: `select $a$ $b$ $a$; select holder from public.payroll; select $b$ $b$`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
    {
      name: 'a second statement in what looks like a quoted name',
      text: `select 1 as "a""b"; select holder from public.payroll`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
    { name: 'empty statements around one', text: `;;; select 1 ;;;`, aim: 'parsing', raw: { says: /"1"/ } },
    {
      name: 'a second statement after a carriage return',
      text: `select 1\r;\rselect holder from public.payroll`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
    {
      name: 'a body in SQL, with semicolons of its own',
      text: `create function pg_temp.many() returns setof text begin atomic; select holder from public.payroll; end; select * from pg_temp.many()`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
    {
      name: 'what closes the executor’s own parenthesis',
      text: `select 1) r; select holder from public.payroll; select (1`,
      aim: 'rows',
      raw: { refused: '42601' },
    },
    {
      name: 'what goes on after the executor’s own query',
      text: `select body from {ticket} union select holder from public.payroll --`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
    {
      name: 'a meta-command of a client',
      text: `select 1 \\g /tmp/out`,
      aim: 'host',
      raw: { refused: '42601' },
    },
  ],
};

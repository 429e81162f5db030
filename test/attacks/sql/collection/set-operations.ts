import type { Idea } from '../support/attack.js';

/** Each arm of a set operation is a query of its own. */
export const setOperations: Idea = {
  name: 'set operations',
  about: 'a second query behind the first one, which was looked at',
  attacks: [
    {
      name: 'UNION with the same table',
      text: `select body from {ticket} where id = 1 union select body from {ticket}`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'UNION ALL with a table of another role’s',
      text: `select body from {ticket} union all select terms from {invoice}`,
      aim: 'rows',
      raw: { says: /umbra terms/ },
    },
    {
      name: 'UNION ALL with a table outside the policy',
      text: `select body from {ticket} union all select holder from public.payroll`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
    {
      name: 'UNION with the catalog',
      text: `select body from {ticket} union select passwd from pg_shadow`,
      aim: 'metadata',
      raw: { as: 'superuser', says: /SCRAM/ },
    },
    {
      name: 'EXCEPT of one’s own, which leaves the others’',
      text: `select body from public.ticket except select body from {ticket} where org_id = 'northstar-dental'`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'EXCEPT ALL of what is guessed',
      text: `select subject from {ticket} except all values ('Three days without an answer'), ('Renewal on March 12'), ('X-ray upload fails')`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'INTERSECT with what is guessed',
      text: `select portal_password from {customer} intersect select 'umbra' || '-password-1'`,
      aim: 'columns',
      raw: { says: /umbra-password-1/ },
    },
    {
      name: 'INTERSECT of a masked column with what is guessed',
      text: `select count(*) from (select phone from {customer} intersect select 'umb' || 'ra-555-0142') x`,
      aim: 'columns',
      raw: { says: /"1"/ },
      guard: 'scoped',
    },
    {
      name: 'an arm in parentheses with a CTE of its own',
      text: `(select body from {ticket} limit 1) union all (with a as (select body from {ticket}) select body from a order by 1)`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'an arm that is VALUES with a subquery',
      text: `select body from {ticket} where false union all values ((select string_agg(body, ',') from {ticket}))`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'an arm that is TABLE',
      text: `select id, ticket_id, body from {ticket_note} where false union all table {ticket_note}`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'arms by the hundred, the last one another',
      text: `${Array.from({ length: 150 }, (_, n) => `select '${n}'`).join(' union all ')} union all select holder from public.payroll`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr payroll/ },
    },
    {
      name: 'an ORDER BY over the union, with a column of one arm',
      text: `select id, body from {ticket} union all select id, body from {memo} order by body desc limit 3`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
  ],
};

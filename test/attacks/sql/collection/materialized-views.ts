import type { Idea } from '../support/attack.js';

/** A materialised view holds everybody’s rows, and PostgreSQL has no row security for it. */
export const materializedViews: Idea = {
  name: 'materialised views',
  about: 'copies of everybody’s rows that no row security is on: read past the view that holds the boundary',
  attacks: [
    {
      name: 'every row of it',
      text: `select subject from {ticket_summary}`,
      aim: 'rows',
      raw: { says: /Quote zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'it itself, and not the view over it',
      text: `select m.subject from public.ticket_summary m where m.id > 7000`,
      aim: 'rows',
      raw: { says: /Quote zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'a cast that fails before the boundary is asked',
      text: `select id from {ticket_summary} where id > 7000 and subject::int = 1`,
      aim: 'rows',
      raw: { says: /Quote zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'a division that fails for a foreign key alone',
      text: `select id from {ticket_summary} where 1 / (id - 7001) is not null`,
      aim: 'rows',
      raw: { state: '22012' },
      guard: 'scoped',
    },
    {
      name: 'a division that fails for the length of a foreign text',
      text: `select count(*) from {ticket_summary} where 1 / (length(subject) - 12) = 0`,
      aim: 'rows',
      raw: { state: '22012' },
      guard: 'scoped',
    },
    {
      name: 'a regular expression made of a foreign text',
      text: `select id from {ticket_summary} where 'x' ~ replace(subject, 'Quote ', '(')`,
      aim: 'rows',
      raw: { state: '2201B' },
      guard: 'scoped',
    },
    {
      name: 'an overflow in a join with one’s own rows',
      text: `select t.id from {ticket} t join {ticket_summary} m on m.id * (m.id / 7000) * 307000 <> t.id`,
      aim: 'rows',
      raw: { state: '22003' },
      guard: 'scoped',
    },
    {
      // The planner takes an SQL/JSON expression for free, and sorts conditions by what they cost.
      name: 'a conversion that costs nothing, and so is asked before the boundary',
      text: `select id from {ticket_summary} where json_value(facts, '$.who' returning int error on error) is not null`,
      aim: 'rows',
      since: 17,
      raw: { says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'its last row',
      text: `select subject from {ticket_summary} order by id desc limit 1`,
      aim: 'rows',
      raw: { says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'who has how many rows in it',
      text: `select org_id, count(*) from {ticket_summary} group by org_id`,
      aim: 'metadata',
      raw: { says: /northstar-design/ },
    },
    {
      name: 'statistics of it, which row security does not hide',
      text: `select attname, most_common_vals::text, histogram_bounds::text from pg_stats where tablename = 'ticket_summary'`,
      aim: 'rows',
      raw: { says: /zephyr/ },
    },
    {
      name: 'a refresh, at a time of the attacker’s choosing',
      text: `refresh materialized view {ticket_summary} with no data`,
      aim: 'writes',
      raw: { next: ['select count(*) from ticket_summary', /has not been populated/] },
    },
    {
      name: 'a refresh through the functions of the scheduler',
      text: `select ringfence.refresh_begin(), ringfence.refresh_view('public', 'ticket_summary')`,
      aim: 'writes',
      raw: { moot: 'there is no scheduler on the raw path' },
    },
  ],
};

import type { Idea } from '../support/attack.js';

/** The column that ties a row to its tenant is only a column. */
export const scopeJoins: Idea = {
  name: 'scope columns',
  about: 'the column that says whose a row is: named, compared, joined by, written around',
  attacks: [
    {
      name: 'the other tenant by name',
      text: `select body from {ticket} where org_id = 'northstar-design'`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'every tenant but one’s own',
      text: `select body from {ticket} where org_id <> 'northstar-dental'`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'a condition that is always true beside the right one',
      text: `select body from {ticket} where org_id = 'northstar-dental' or true`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'a join by the scope column, turned around',
      text: `select b.body from {ticket} a join {ticket} b on a.org_id <> b.org_id`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'the right tenant on one side of a join alone',
      text: `select b.body from {customer} a, {ticket} b where a.org_id = 'northstar-dental'`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'a join without any condition, as a model forgets it',
      text: `select b.body from {customer} a, {ticket} b where a.id = 1`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'the right tenant in a comment',
      text: `select body from {ticket} -- where org_id = 'northstar-dental'`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'the right tenant in a string',
      text: `select body from {ticket} where 'org_id = ''northstar-dental''' <> ''`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'the right tenant compared with itself',
      text: `select body from {ticket} t where t.org_id = t.org_id`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'the right tenant in a subquery that is not correlated',
      text: `select body from {ticket} where exists (select from {customer} where org_id = 'northstar-dental')`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'the right tenant under another precedence',
      text: `select body from {ticket} where org_id = 'northstar-dental' and false or id > 7000`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'tenants listed, counted and named',
      text: `select org_id, count(*) from {ticket} group by org_id`,
      aim: 'metadata',
      raw: { as: 'reader', says: /northstar-design/ },
    },
    {
      name: 'a table of everybody’s beside one’s own',
      text: `select (select body from {ticket} where id = 7001) from {plan} where code = 'team'`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
    {
      name: 'the boundary’s parameter, negated',
      text: `select body from {ticket} where org_id is distinct from $1`,
      aim: 'rows',
      raw: { refused: '42P02' },
    },
    {
      name: 'the scope column under another name',
      text: `select x.owner from (select org_id as owner from {ticket}) x`,
      aim: 'metadata',
      raw: { as: 'reader', says: /northstar-design/ },
    },
    {
      name: 'the scope column by position',
      text: `select body from {ticket} order by 1 limit all`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
      guard: 'scoped',
    },
  ],
};

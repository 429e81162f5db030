import type { Idea } from '../support/attack.js';

const MOOT = { moot: 'there are no slices on the raw path' } as const;

/** Names of what lies beside the slice. */
export const otherSlices: Idea = {
  name: 'other slices',
  about: 'what another role sees, what Ringfence keeps beside the slice, what lies under it',
  attacks: [
    {
      name: 'a table of another role’s slice',
      text: `select terms from slice_finance.invoice`,
      aim: 'rows',
      raw: MOOT,
    },
    {
      name: 'a column of another role’s slice',
      text: `select salary from slice_finance.customer`,
      aim: 'columns',
      raw: MOOT,
    },
    {
      name: 'a table that the policy gives to another role, by its own name',
      text: `select terms from {invoice}`,
      aim: 'rows',
      raw: { says: /umbra terms/ },
    },
    {
      name: 'the base table',
      text: `select terms from public.invoice`,
      aim: 'rows',
      raw: { says: /umbra terms/ },
    },
    {
      name: 'the base table with ONLY',
      text: `select terms from only public.invoice`,
      aim: 'rows',
      raw: { says: /umbra terms/ },
    },
    {
      name: 'the base table with its descendants',
      text: `select body from public.ticket *`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'the slice’s own view by its schema',
      text: `select body from slice_support.ticket where id > 7000`,
      aim: 'rows',
      raw: MOOT,
    },
    {
      name: 'the view that knows which parent is whose',
      text: `select * from scope_support.ticket`,
      aim: 'metadata',
      raw: MOOT,
      onlyTheGuard: { what: 'statement', shows: /northstar-dental/ },
    },
    {
      name: 'the view that knows which parent is whose, of another role',
      text: `select * from scope_finance.ticket`,
      aim: 'metadata',
      raw: MOOT,
    },
    {
      name: 'a database before the schema',
      text: `select holder from attacked.public.payroll`,
      aim: 'parsing',
      raw: { refused: '0A000' },
    },
    {
      name: 'a table outside the policy',
      text: `select holder from public.payroll`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
    {
      name: 'a table outside the policy, by its name alone',
      text: `select holder from payroll`,
      aim: 'rows',
      raw: { says: /zephyr payroll/ },
    },
    {
      name: 'a table of Ringfence’s',
      text: `select policy_hash from ringfence.applied`,
      aim: 'metadata',
      raw: MOOT,
    },
    {
      name: 'a sequence as a table',
      text: `select last_value from public.ticket_id_seq`,
      aim: 'metadata',
      raw: { says: /"75[0-9]{2}"/ },
    },
    {
      name: 'an index as a table',
      text: `select * from public.ticket_pkey`,
      aim: 'metadata',
      raw: { refused: '42809' },
    },
    {
      name: 'a toast table',
      text: `select * from pg_toast.pg_toast_2619`,
      aim: 'metadata',
      raw: { as: 'superuser', state: 'ok' },
    },
    {
      name: 'a composite type as a table',
      text: `select * from pg_catalog.pg_index limit 1`,
      aim: 'metadata',
      raw: { says: /"[0-9]+"/ },
      onlyTheGuard: { what: 'metadata', shows: /"[0-9]+"/ },
    },
  ],
};

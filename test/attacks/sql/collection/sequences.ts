import type { Idea } from '../support/attack.js';

/** A sequence counts for all tenants, and no rollback takes a number back. */
export const sequences: Idea = {
  name: 'sequences',
  about: 'counters that all tenants share: read, drawn from, set',
  attacks: [
    {
      name: 'nextval of a table’s',
      text: `select nextval('public.ticket_id_seq')`,
      aim: 'writes',
      raw: { says: /"75[0-9]{2}"/ },
    },
    {
      name: 'nextval of one that is given to everybody',
      text: `select nextval('public.order_number')`,
      aim: 'writes',
      raw: { says: /"70[0-9]{2}"/ },
    },
    {
      name: 'nextval for each of a thousand rows',
      text: `select count(nextval('public.order_number')) from generate_series(1, 1000)`,
      aim: 'writes',
      raw: { says: /"1000"/ },
    },
    {
      name: 'nextval in a branch that only some rows take',
      text: `select case when id = 1 then nextval('public.order_number') end from {ticket}`,
      aim: 'writes',
      raw: { says: /"[78][0-9]{3}"/ },
    },
    {
      name: 'nextval by a name put together',
      text: `select nextval(('public.' || 'order_number')::regclass)`,
      aim: 'writes',
      raw: { says: /"[78][0-9]{3}"/ },
    },
    {
      name: 'nextval past a read-only transaction',
      text: `select set_config('transaction_read_only', 'off', true), nextval('public.order_number')`,
      aim: 'writes',
      raw: { says: /"[78][0-9]{3}"/ },
    },
    {
      name: 'setval',
      text: `select setval('public.order_number', 1)`,
      aim: 'writes',
      raw: { where: 'apart', next: ['select last_value from order_number', /"1"/] },
    },
    {
      name: 'currval of somebody else’s draw',
      text: `select currval('public.order_number')`,
      aim: 'metadata',
      raw: { where: 'apart', state: '55000' },
    },
    { name: 'lastval', text: `select lastval()`, aim: 'metadata', raw: { refused: '55000' } },
    {
      name: 'last_value of one that is given to everybody',
      text: `select last_value from public.order_number`,
      aim: 'metadata',
      raw: { says: /"[78][0-9]{3}"/ },
      onlyTheGuard: { what: 'product', shows: /"70[0-9]{2}"/ },
    },
    {
      name: 'last_value of all there are',
      text: `select sequencename, last_value from pg_sequences where schemaname = 'public'`,
      aim: 'metadata',
      raw: { says: /"75[0-9]{2}"/ },
      onlyTheGuard: { what: 'metadata', shows: /ticket_id_seq",null/ },
    },
    {
      name: 'last_value through its function',
      text: `select pg_sequence_last_value('public.ticket_id_seq')`,
      aim: 'metadata',
      raw: { says: /"75[0-9]{2}"/ },
    },
    {
      name: 'the name of a column’s sequence',
      text: `select pg_get_serial_sequence('public.ticket', 'id')`,
      aim: 'metadata',
      raw: { says: /ticket_id_seq/ },
      onlyTheGuard: { what: 'metadata', shows: /ticket_id_seq/ },
    },
    {
      name: 'where a sequence starts and how it steps',
      text: `select * from pg_sequence_parameters('public.order_number'::regclass)`,
      aim: 'metadata',
      raw: { says: /"7001"/ },
      onlyTheGuard: { what: 'product', shows: /"7001"/ },
    },
    {
      name: 'ALTER SEQUENCE RESTART',
      text: `alter sequence public.order_number restart with 1`,
      aim: 'writes',
      raw: { next: [`select last_value from order_number`, /"1"/] },
    },
  ],
};

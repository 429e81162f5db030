import type { Idea } from '../support/attack.js';

/** A prepared statement outlives its transaction and is run later, perhaps by somebody else on the same connection. */
export const preparedPlans: Idea = {
  name: 'prepared plans',
  about: 'statements kept on the connection: made, run, dropped or listed',
  attacks: [
    {
      name: 'PREPARE for the next caller to run',
      text: `prepare mine as select body from {ticket}`,
      aim: 'session',
      raw: { where: 'session', next: ['execute mine', /We asked/] },
    },
    {
      name: 'PREPARE under a name that the driver will use',
      text: `prepare ringfence_enter as select null`,
      aim: 'session',
      raw: { where: 'session', next: [`select name from pg_prepared_statements`, /ringfence_enter/] },
    },
    {
      name: 'EXECUTE of what the gateway prepared',
      text: `execute ringfence_enter('rf1')`,
      aim: 'identity',
      raw: { refused: '26000' },
    },
    {
      name: 'EXPLAIN EXECUTE',
      text: `explain execute ringfence_enter('rf1')`,
      aim: 'metadata',
      raw: { refused: '26000' },
    },
    {
      name: 'DEALLOCATE of one',
      text: `deallocate prepare ringfence_enter`,
      aim: 'session',
      raw: { refused: '26000' },
    },
    {
      name: 'DEALLOCATE ALL, so that the driver runs into nothing',
      text: `prepare mine as select 1; deallocate all`,
      aim: 'session',
      raw: { where: 'session', next: ['execute mine', /does not exist/] },
    },
    {
      name: 'DISCARD PLANS',
      text: `discard plans`,
      aim: 'session',
      raw: { state: 'ok' },
    },
    {
      name: 'the list of what is prepared, with its texts',
      text: `select name, statement, parameter_types::text from pg_prepared_statements`,
      aim: 'metadata',
      raw: { state: 'ok' },
      onlyTheGuard: { what: 'metadata', shows: /^\[/ },
    },
    {
      name: 'PREPARE with a parameter that is a whole statement',
      text: `prepare any_table(text) as select query_to_xml($1, true, true, ''); execute any_table('select holder from public.payroll')`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr payroll/ },
    },
    {
      name: 'a parameter that the text numbers itself',
      text: `select body from {ticket} where org_id = $1`,
      aim: 'rows',
      raw: { refused: '42P02' },
      onlyTheGuard: { what: 'statement', shows: /We asked on Monday/ },
    },
    {
      name: 'a parameter past those there are',
      text: `select $4, $9, $65536`,
      aim: 'metadata',
      raw: { refused: '42P02' },
    },
  ],
};

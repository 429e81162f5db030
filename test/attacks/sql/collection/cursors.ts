import type { Idea } from '../support/attack.js';

/** A cursor is a query that is read later, as whoever then holds it. */
export const cursors: Idea = {
  name: 'cursors',
  about: 'queries left open to be read outside of where they were judged',
  attacks: [
    {
      name: 'DECLARE',
      text: `declare mine cursor for select body from {ticket}`,
      aim: 'session',
      raw: { next: ['fetch all from mine', /We asked/] },
    },
    {
      name: 'DECLARE WITH HOLD, which outlives the transaction',
      text: `declare kept cursor with hold for select body from {ticket}`,
      aim: 'session',
      raw: { where: 'session', next: ['fetch all from kept', /We asked/] },
    },
    {
      name: 'DECLARE, a change of tenant, FETCH',
      text: `declare mine scroll cursor for select body from {ticket}; select set_config('{seal}', '{forged}', true); fetch all from mine`,
      aim: 'rows',
      raw: { says: /zephyr/ },
    },
    {
      name: 'FETCH from the executor’s own cursor',
      text: `fetch all from "<unnamed portal 1>"`,
      aim: 'rows',
      raw: { refused: '34000' },
    },
    {
      name: 'MOVE past the end of the executor’s own cursor',
      text: `move forward all in "<unnamed portal 1>"`,
      aim: 'session',
      raw: { refused: '34000' },
    },
    {
      name: 'CLOSE ALL',
      text: `close all`,
      aim: 'session',
      raw: { state: 'ok' },
    },
    {
      name: 'a refcursor given back to whoever asked',
      text: `select 'mine'::refcursor`,
      aim: 'session',
      raw: { says: /mine/ },
      onlyTheGuard: { what: 'statement', shows: /mine/ },
    },
    {
      name: 'a text read through a cursor by xml',
      text: `select cursor_to_xml('mine'::refcursor, 10, true, true, '')`,
      aim: 'rows',
      raw: { refused: '34000' },
    },
    {
      name: 'a row locked through WHERE CURRENT OF',
      text: `update {ticket} set subject = 'defaced' where current of "<unnamed portal 1>"`,
      aim: 'writes',
      raw: { refused: '34000' },
    },
    {
      name: 'which cursors are open, and their texts',
      text: `select name, statement from pg_cursors`,
      aim: 'metadata',
      raw: { state: 'ok' },
      onlyTheGuard: { what: 'metadata', shows: /pg_cursors/ },
    },
  ],
};

import type { Idea } from '../support/attack.js';

/** A channel is heard by every session of the database. */
export const notifications: Idea = {
  name: 'notifications',
  about: 'words between sessions: sent, listened for, counted',
  attacks: [
    {
      name: 'pg_notify out of a SELECT',
      text: `select pg_notify('attack', body) from {ticket}`,
      aim: 'writes',
      raw: { where: 'session', heard: /We asked on Monday/ },
    },
    {
      name: 'pg_notify in a condition that rows decide',
      text: `select id from {ticket} where case when body like 'We ask%' then pg_notify('attack', 'yes')::text end is not null`,
      aim: 'writes',
      raw: { where: 'session', heard: /yes/ },
    },
    {
      name: 'NOTIFY, the statement',
      text: `notify attack, 'called out'`,
      aim: 'writes',
      raw: { where: 'session', heard: /called out/ },
    },
    {
      name: 'pg_notify through xml',
      text: `select query_to_xml('select pg_notify(''attack'', ''through xml'')', true, true, '')`,
      aim: 'writes',
      raw: { where: 'session', heard: /through xml/ },
    },
    {
      name: 'the queue filled for everybody',
      text: `select count(pg_notify('flood', n::text || repeat('x', 7000))) from generate_series(1, 20) n`,
      aim: 'resources',
      raw: { says: /"20"/ },
    },
    {
      name: 'LISTEN on the connection of the pool',
      text: `listen attack`,
      aim: 'session',
      raw: { where: 'session', next: ['select pg_listening_channels()', /attack/] },
    },
    {
      name: 'UNLISTEN of what others rely on',
      text: `unlisten *`,
      aim: 'session',
      raw: { state: 'ok' },
    },
    {
      name: 'how full the queue is',
      text: `select pg_notification_queue_usage()`,
      aim: 'metadata',
      raw: { says: /"0"|e-/ },
      onlyTheGuard: { what: 'metadata', shows: /^\[\["[0-9.e-]+"\]\]$/ },
    },
    {
      name: 'which channels the connection listens to',
      text: `select pg_listening_channels()`,
      aim: 'metadata',
      raw: { state: 'ok' },
      onlyTheGuard: { what: 'metadata', shows: /^\[\]$/ },
    },
  ],
};

import type { Idea } from '../support/attack.js';

/** Statements about the session itself. */
export const sessionState: Idea = {
  name: 'session state',
  about: 'DISCARD, RESET, LOAD, CHECKPOINT and maintenance',
  attacks: [
    {
      name: 'DISCARD ALL',
      text: `discard all`,
      aim: 'session',
      raw: {
        where: 'session',
        next: [`select 'blank:' || coalesce(current_setting('app.tenant', true), '')`, /blank:"/],
      },
    },
    { name: 'DISCARD TEMP', text: `discard temp`, aim: 'session', raw: { state: 'ok' } },
    { name: 'DISCARD SEQUENCES', text: `discard sequences`, aim: 'session', raw: { state: 'ok' } },
    {
      name: 'RESET ALL',
      text: `reset all`,
      aim: 'session',
      raw: {
        where: 'session',
        next: [`select 'blank:' || coalesce(current_setting('app.tenant', true), '')`, /blank:"/],
      },
    },
    {
      name: 'RESET of the tenant',
      text: `reset "{seal}"`,
      aim: 'session',
      raw: {
        where: 'session',
        next: [`select 'blank:' || coalesce(current_setting('app.tenant', true), '')`, /blank:"/],
      },
    },
    {
      name: 'SET TIME ZONE',
      text: `set time zone 'Pacific/Chatham'`,
      aim: 'session',
      raw: { where: 'session', next: ['show timezone', /Chatham/] },
    },
    {
      name: 'SET NAMES',
      text: `set names 'LATIN1'`,
      aim: 'session',
      raw: { where: 'session', next: ['show client_encoding', /LATIN1/] },
    },
    {
      name: 'SET SCHEMA',
      text: `set schema 'pg_temp'`,
      aim: 'session',
      raw: { where: 'session', next: ['show search_path', /pg_temp/] },
    },
    {
      name: 'SET SEED',
      text: `set seed to 0.5`,
      aim: 'session',
      raw: { where: 'session', next: ['select random()', /0\.[0-9]+/] },
    },
    {
      name: 'SET XML OPTION',
      text: `set xml option document`,
      aim: 'session',
      raw: { where: 'session', next: ['show xmloption', /document/i] },
    },
    { name: 'CHECKPOINT', text: `checkpoint`, aim: 'resources', raw: { as: 'superuser', state: 'ok' } },
    {
      name: 'VACUUM',
      text: `vacuum full public.ticket`,
      aim: 'resources',
      raw: { where: 'session', state: 'ok' },
    },
    { name: 'ANALYZE', text: `analyze public.ticket`, aim: 'resources', raw: { state: 'ok' } },
    { name: 'REINDEX', text: `reindex table {ticket}`, aim: 'resources', raw: { state: 'ok' } },
    { name: 'LOAD', text: `load 'plpgsql'`, aim: 'session', raw: { as: 'superuser', state: 'ok' } },
    { name: 'a statement that is empty', text: ` ; `, aim: 'parsing', raw: { state: 'ok' } },
    { name: 'a statement that is a comment', text: `-- nothing`, aim: 'parsing', raw: { state: 'ok' } },
  ],
};

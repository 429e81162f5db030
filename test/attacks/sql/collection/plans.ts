import type { Idea } from '../support/attack.js';

/** The planner has seen everybody’s rows. */
export const plans: Idea = {
  name: 'estimates and plans',
  about: 'EXPLAIN in all its forms, and what a plan tells of rows that it may not show',
  attacks: [
    {
      name: 'EXPLAIN',
      text: `explain select * from {ticket}`,
      aim: 'metadata',
      raw: { says: /rows=/ },
    },
    {
      name: 'EXPLAIN of a value that others have often',
      text: `explain select * from {usage_log} where page = 'page 1'`,
      aim: 'metadata',
      raw: { says: /rows=/ },
    },
    {
      name: 'EXPLAIN ANALYZE, which runs it and counts what was removed',
      text: `explain (analyze, costs off, timing off, summary off) select * from {ticket}`,
      aim: 'metadata',
      raw: { says: /Rows Removed by Filter: 2/ },
    },
    {
      name: 'EXPLAIN ANALYZE of a write',
      text: `explain (analyze, costs off) update {ticket} set subject = 'defaced'`,
      aim: 'writes',
      raw: { next: ['select distinct subject from ticket', /defaced/] },
    },
    {
      name: 'EXPLAIN VERBOSE, with the rules of row security in it',
      text: `explain (verbose, costs off, format json) select body from {ticket}`,
      aim: 'metadata',
      raw: { says: /app\.tenant/ },
    },
    {
      name: 'EXPLAIN with BUFFERS and SETTINGS',
      text: `explain (analyze, buffers, settings, wal, format yaml) select count(*) from {usage_log}`,
      aim: 'metadata',
      raw: { says: /Shared Hit Blocks/ },
    },
    {
      name: 'EXPLAIN CREATE TABLE AS, which makes it where it is analyzed',
      text: `explain analyze create table public.explained as select 1 as n`,
      aim: 'writes',
      raw: { next: ['select n from explained', /1/] },
    },
    {
      name: 'EXPLAIN DECLARE',
      text: `explain declare c cursor for select 1`,
      aim: 'session',
      raw: { state: 'ok' },
    },
    {
      name: 'EXPLAIN through xml',
      text: `select query_to_xml('explain (format text) select * from {ticket}', true, true, '')`,
      aim: 'metadata',
      raw: { refused: '0A000' },
    },
    {
      name: 'EXPLAIN behind a comment',
      text: `/* a question */ explain -- of
        (format json) select 1`,
      aim: 'metadata',
      raw: { says: /Plan Rows/ },
    },
    {
      name: 'plans written to the log of everybody, by auto_explain',
      text: `load 'auto_explain'; set auto_explain.log_min_duration = 0`,
      aim: 'session',
      raw: { as: 'superuser', where: 'session', next: ['show auto_explain.log_min_duration', /0/] },
    },
    {
      name: 'plans sent to the client, by a debugging setting',
      text: `select set_config('debug_print_plan', 'on', false), set_config('client_min_messages', 'debug5', false), set_config('debug_pretty_print', 'on', false)`,
      aim: 'session',
      raw: { where: 'session', next: ['show client_min_messages', /debug5/] },
    },
    {
      name: 'a limit that fits the planner’s guess',
      text: `select 1 from {usage_log} limit (select count(*) from public.payroll)`,
      aim: 'metadata',
      raw: { as: 'reader', state: 'ok' },
    },
    {
      name: 'statistics of columns',
      text: `select tablename, attname, most_common_vals::text, histogram_bounds::text from pg_stats where tablename in ('ticket', 'customer', 'payroll')`,
      aim: 'rows',
      raw: { as: 'superuser', says: /zephyr/ },
    },
    {
      name: 'a sample of the table’s pages',
      text: `select body from {ticket} tablesample system (100)`,
      aim: 'rows',
      raw: { state: 'ok' },
    },
    {
      name: 'a sample of the base table’s pages',
      text: `select body from public.ticket tablesample bernoulli (100) repeatable (1)`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
  ],
};

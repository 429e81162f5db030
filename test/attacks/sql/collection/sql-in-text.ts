import type { Idea } from '../support/attack.js';

/** Functions that take SQL as a text run it past whoever judged the statement. */
export const sqlInText: Idea = {
  name: 'SQL inside a text',
  about: 'functions that run the SQL they are given, or read whatever table they are told the name of',
  attacks: [
    {
      name: 'query_to_xml',
      text: `select query_to_xml('select holder from public.payroll', true, true, '')`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr payroll/ },
    },
    {
      name: 'query_to_xml that changes the tenant first',
      text: `select query_to_xml('select set_config(''{seal}'', ''{forged}'', true)', true, true, ''),
        query_to_xml('select body from {ticket}', true, true, '')`,
      aim: 'rows',
      raw: { says: /zephyr/ },
    },
    {
      name: 'query_to_xml that writes',
      text: `select query_to_xml('update {ticket} set subject = ''defaced'' returning subject', true, true, '')`,
      aim: 'writes',
      raw: { says: /defaced/ },
    },
    {
      name: 'query_to_xml of a statement that is no query',
      text: `select query_to_xml('set session row_security = off', true, true, '')`,
      aim: 'session',
      raw: { refused: '0A000' },
    },
    {
      name: 'query_to_xmlschema, which only describes',
      text: `select query_to_xmlschema('select * from public.customer', true, true, '')`,
      aim: 'metadata',
      raw: { says: /portal_password/ },
    },
    {
      name: 'query_to_xml_and_xmlschema',
      text: `select query_to_xml_and_xmlschema('table public.payroll', false, false, 'x')`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr payroll/ },
    },
    {
      name: 'table_to_xml of a base table',
      text: `select table_to_xml('public.payroll', true, true, '')`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr payroll/ },
    },
    {
      name: 'table_to_xmlschema of a base table',
      text: `select table_to_xmlschema('public.customer'::regclass, true, true, '')`,
      aim: 'metadata',
      raw: { says: /portal_password/ },
      onlyTheGuard: { what: 'metadata', shows: /portal_password/ },
    },
    {
      name: 'schema_to_xml',
      text: `select schema_to_xml('public', true, true, '')`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr-password/ },
      onlyTheGuard: { what: 'product', shows: /zephyr moves house/ },
    },
    {
      name: 'database_to_xml',
      text: `select database_to_xml(true, true, '')`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr-password/ },
      onlyTheGuard: { what: 'product', shows: /zephyr moves house/ },
    },
    {
      name: 'database_to_xmlschema',
      text: `select length(database_to_xmlschema(true, true, '')::text) > 0`,
      aim: 'metadata',
      raw: { as: 'reader', says: /"t"/ },
      onlyTheGuard: { what: 'metadata', shows: /"t"/ },
    },
    {
      name: 'cursor_to_xml over the executor’s own cursor',
      text: `select name, cursor_to_xml(name::refcursor, 100, true, true, '') from pg_cursors`,
      aim: 'rows',
      raw: { state: 'ok' },
    },
    {
      name: 'cursor_to_xmlschema over a cursor with a guessed name',
      text: `select cursor_to_xmlschema('<unnamed portal 1>', true, true, '')`,
      aim: 'metadata',
      raw: { refused: '34000' },
    },
    {
      name: 'ts_stat',
      text: `select word from ts_stat('select to_tsvector(''simple'', holder) from public.payroll')`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'ts_stat with a side effect in its query',
      text: `select word from ts_stat('select to_tsvector(set_config(''row_security'', ''off'', false))')`,
      aim: 'session',
      raw: { where: 'session', next: ['show row_security', /off/] },
    },
    {
      name: 'ts_rewrite',
      text: `select ts_rewrite('seats'::tsquery, 'select ''seats''::tsquery, plainto_tsquery(''simple'', holder) from public.payroll where id = 7001')`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr/ },
    },
    {
      name: 'xpath over an entity that names a file',
      text: `select xpath('/a/text()', xmlparse(document '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'))`,
      aim: 'host',
      raw: { state: 'ok' },
    },
    {
      name: 'xmltable over an entity that expands itself a billion times',
      text: `select length(x.b) from xmltable('/a' passing xmlparse(document '<!DOCTYPE a [<!ENTITY x0 "xxxxxxxxxx">
        <!ENTITY x1 "&x0;&x0;&x0;&x0;&x0;&x0;&x0;&x0;&x0;&x0;"><!ENTITY x2 "&x1;&x1;&x1;&x1;&x1;&x1;&x1;&x1;&x1;&x1;">
        <!ENTITY x3 "&x2;&x2;&x2;&x2;&x2;&x2;&x2;&x2;&x2;&x2;"><!ENTITY x4 "&x3;&x3;&x3;&x3;&x3;&x3;&x3;&x3;&x3;&x3;">
        <!ENTITY x5 "&x4;&x4;&x4;&x4;&x4;&x4;&x4;&x4;&x4;&x4;"><!ENTITY x6 "&x5;&x5;&x5;&x5;&x5;&x5;&x5;&x5;&x5;&x5;">
        <!ENTITY x7 "&x6;&x6;&x6;&x6;&x6;&x6;&x6;&x6;&x6;&x6;"><!ENTITY x8 "&x7;&x7;&x7;&x7;&x7;&x7;&x7;&x7;&x7;&x7;">]><a>&x8;</a>')
        columns b text path '.') x`,
      aim: 'resources',
      raw: { state: '2200M' },
    },
    {
      name: 'dblink to the server itself',
      text: `select * from dblink('host=127.0.0.1 dbname=postgres', 'select current_user') as t (who text)`,
      aim: 'identity',
      raw: { refused: '42883' },
    },
    {
      name: 'a text made into SQL by format, run by xml',
      text: `select query_to_xml(format('select %I from %I.%I', 'holder', 'public', 'payroll'), true, true, '') from {plan} limit 1`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr payroll/ },
    },
    {
      name: 'a text in hex, run by xml',
      text: `select query_to_xml(convert_from('\\x73656c65637420686f6c6465722066726f6d207075626c69632e706179726f6c6c', 'UTF8'), true, true, '')`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr payroll/ },
    },
    {
      name: 'a text out of a row of the product’s, run by xml',
      text: `select query_to_xml('select ' || string_agg(distinct 'holder', '') || ' from public.payroll', true, true, '') from {ticket}`,
      aim: 'rows',
      raw: { as: 'reader', says: /zephyr payroll/ },
    },
  ],
};

/** Which tables and columns a question in words brings: on a real schema, and among 300 tables. */
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { introspect } from '../../src/database/introspect.js';
import { compilePolicy } from '../../src/policy/compile.js';
import { parsePolicy } from '../../src/policy/file.js';
import type { ToolContext } from '../../src/tools/tool.js';
import { loadChinook } from '../support/chinook.js';
import { describeWithCorpus } from '../support/corpora.js';
import { embeddedServer } from '../support/test-server.js';
import { prepared } from './support/call.js';
import { largeSlice } from './support/large-slice.js';
import { column, contextOf, table } from './support/slice.js';

const TABLES = [
  'customer',
  'invoice',
  'invoice_line',
  'employee',
  'artist',
  'album',
  'track',
  'genre',
  'media_type',
  'playlist',
  'playlist_track',
];

/** The tables that a statement answering the question reads, worked out by hand. The first one leads the description. */
const CHINOOK: readonly (readonly [question: string, lead: string, others?: readonly string[]])[] = [
  ['How many customers are there in Brazil?', 'customer'],
  ['Which artist has the most albums?', 'album', ['artist']],
  ['Total revenue per billing country', 'invoice'],
  ['What is the average length of tracks by genre?', 'genre', ['track']],
  ['Which employees report to Nancy Edwards?', 'employee'],
  ['List the playlists that contain rock songs', 'playlist', ['playlist_track', 'track']],
  ['Top 5 customers by amount spent', 'customer', ['invoice']],
  ['invoices of 2012 by billing city', 'invoice'],
  ['Which sales rep has the most customers?', 'customer', ['employee']],
  ['number of tracks per media type', 'media_type', ['track']],
  ['Which albums are by AC/DC?', 'album', ['artist']],
  ['unit price of each invoice line', 'invoice_line'],
  ['how many bytes has the longest track?', 'track'],
  ['EMAIL ADDRESSES OF CUSTOMERS', 'customer'],
  ['composers of tracks on the playlist Grunge', 'playlist_track', ['track', 'playlist']],
  ['who was hired first?', 'employee'],
  ['quantity sold per artist', 'artist', ['invoice_line', 'track', 'album']],
  ['invoice totals by genre', 'invoice', ['genre', 'invoice_line', 'track']],
  [
    'customers and the playlists with their music',
    'customer',
    ['playlist', 'invoice_line', 'track', 'playlist_track'],
  ],
  ['when was each employee born: birthDate', 'employee'],
  ['track-names with mediaType', 'media_type', ['track']],
  ['invoicing', 'invoice'],
];

describeWithCorpus('chinook', 'a question about Chinook', () => {
  let context: ToolContext;
  let drop: () => Promise<void>;
  const answer = (input: object) =>
    prepared('describe_schema', input, context).answer({ fields: [], rows: [] }).rows[0] as {
      readonly text: string;
      readonly tables: readonly string[];
      readonly left_out: number;
    };

  beforeAll(async () => {
    const database = await loadChinook(embeddedServer);
    drop = () => database.drop();
    const all = (of: string) => TABLES.map((name) => `${name}: ${of}`).join(', ');
    const file = parsePolicy(
      `version: 1\npreset: development\ntenancy: single\ntables: { ${all('{}')} }\nroles: { support: { tables: { ${all('{}')} } } }`,
    );
    const policy = compilePolicy(file, await introspect(await database.connect()));
    context = contextOf({ tables: [...(policy.roles.get('support')?.tables.values() ?? [])] });
  });
  afterAll(() => drop());

  for (const [question, lead, others = []] of CHINOOK) {
    it(`brings what it needs: ${question}`, () => {
      const { tables } = answer({ question });
      expect(tables[0]).toBe(lead);
      expect(tables).toEqual(expect.arrayContaining([lead, ...others]));
    });
  }

  it('brings them in half the budget too, and leaves out what it does not ask for', () => {
    for (const [question, lead, others = []] of CHINOOK) {
      expect(answer({ question, tokens: 500 }).tables, question).toEqual(
        expect.arrayContaining([lead, ...others]),
      );
    }
    for (const [question, ...names] of [
      ['Which albums are by AC/DC?', 'customer', 'invoice', 'employee', 'playlist'],
      ['How many customers are there in Brazil?', 'artist', 'genre', 'track', 'playlist'],
    ] as const) {
      const { text, tables } = answer({ question });
      for (const name of names) {
        expect(tables, question).not.toContain(name);
        expect(text).toMatch(new RegExp(`^\\d+ more tables: .*\\b${name}\\b`, 'm'));
      }
    }
  });

  it('that names nothing gets everything, best connected first, and is told so', () => {
    const { text, tables, left_out } = answer({ question: 'zzyzx?' });
    expect(left_out).toBe(0);
    expect(tables.slice(0, 2)).toEqual(['track', 'employee']);
    expect(text).toContain('No name, comment or label matches the question');
    expect(answer({ question: 'what is there?' }).text).not.toContain('matches');
    expect(answer({ question: '' }).tables).toEqual(tables);
  });
});

describe('among 300 tables', () => {
  const context = contextOf({ tables: largeSlice });
  const tablesFor = (question: string) =>
    prepared('describe_schema', { question }, context).answer({ fields: [], rows: [] }).rows[0]
      ?.tables as readonly string[];

  test.each([
    ['total of confirmed purchase orders by contact', ['purchase_order', 'purchase_contact']],
    ['which fleet tasks are due, and whose are they?', ['fleet_task', 'fleet_person']],
    ['articles on sales order lines', ['sales_order_line', 'sales_order']],
    ['who approved legal documents?', ['legal_document', 'legal_approval', 'legal_person']],
    ['training budget per period and category', ['training_budget', 'training_category', 'training_period']],
    ['people on the payroll, and when they were recruited', ['payroll_person', 'recruiting_person']],
    ['countries of our recruiting contacts', ['recruiting_contact', 'recruiting_address']],
    ['marketing report headlines by period', ['marketing_report', 'marketing_period']],
    ['comment threads about maintenance tasks', ['maintenance_comment_thread', 'maintenance_task']],
    ['MIME types of quality attachments', ['quality_attachment', 'quality_document']],
  ])('finds those of: %s', (question, needed) => {
    const tables = tablesFor(question);
    expect(tables).toEqual(expect.arrayContaining([...needed]));
    expect(needed).toContain(tables[0]);
  });

  test('brings the tables that join what it finds', () => {
    // attachment → document → order → contact
    expect(tablesFor('bytes of support attachments per contact phone').slice(0, 4).sort()).toEqual([
      'support_attachment',
      'support_contact',
      'support_document',
      'support_order',
    ]);
  });

  test('ranks only the tables that are named, and describes each of them', () => {
    const { rows } = prepared(
      'describe_schema',
      { question: 'goals', tables: ['legal_setting', 'stock_target', 'fleet_note'] },
      context,
    ).answer({ fields: [], rows: [] });
    expect(rows[0]).toMatchObject({
      tables: ['stock_target', 'legal_setting', 'fleet_note'],
      left_out: 0,
    });
  });
});

describe('a word of the question', () => {
  const relation = { kind: 'one', columns: ['boss_id'], otherColumns: ['id'] } as const;
  const tables = [
    table(
      'Person',
      [
        column('id', 'int4', { notNull: true }),
        column('boss_id', 'int4'),
        column('FavouriteColour', 'text'),
        column('pets', 'text', { comment: 'Cats, dogs and one iguana' }),
      ],
      { relations: [{ ...relation, name: 'Person_supervisor', table: 'Person' }] },
    ),
    table('ticket', [
      column('id', 'int4', { notNull: true }),
      column('state', 'text', { category: 'E', enumLabels: ['open', 'wont_fix', 'resolved'] }),
    ]),
    table('facture', [column('id', 'int4', { notNull: true })], { comment: 'Invoices of the French branch' }),
    table('orderitem', [column('id', 'int4', { notNull: true })]),
    table('movie_category', [column('id', 'int4', { notNull: true })]),
    table('other', [column('id', 'int4', { notNull: true })]),
  ];
  const context = contextOf({ tables });
  test.each([
    ['favourite colours', 'Person'],
    ['iguanas', 'Person'],
    ['supervisors', 'Person'],
    ['people', 'Person'],
    ['ticketed', 'ticket'],
    ["what they won't fix", 'ticket'],
    ['RESOLVED', 'ticket'],
    ['an invoice', 'facture'],
    ['order items', 'orderitem'],
    ['movies', 'movie_category'],
    ['categories', 'movie_category'],
    ['ｍｏｖｉｅ', 'movie_category'],
  ])('%s meets %s, however that is spelt', (question, name) => {
    const { rows } = prepared('describe_schema', { question }, context).answer({ fields: [], rows: [] });
    expect(rows[0]).toMatchObject({ tables: [name], left_out: 5 });
  });

  test('that every table has decides nothing', () => {
    const { rows } = prepared('describe_schema', { question: 'id of the ticket' }, context).answer({
      fields: [],
      rows: [],
    });
    expect(rows[0]).toMatchObject({ tables: ['ticket'] });
  });
});

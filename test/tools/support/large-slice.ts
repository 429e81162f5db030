/** A slice of 300 tables, as a product has them after ten years: fifteen modules with the same twenty things in each. */
import type { Relation, SliceColumn, SliceTable } from '../../../src/policy/compiled.js';
import { column, owned, table } from './slice.js';

const MODULES = [
  'sales',
  'purchase',
  'stock',
  'shipping',
  'billing',
  'payroll',
  'recruiting',
  'training',
  'marketing',
  'support',
  'maintenance',
  'quality',
  'project',
  'fleet',
  'legal',
] as const;

const status = (labels: readonly string[]): SliceColumn =>
  column('status', 'text', { type: 'app.status', category: 'E', castType: 'app.status', enumLabels: labels });

/** What each table has beside its id, and where it leads: column to table of the same module. */
const THINGS: Readonly<
  Record<string, { comment?: string; columns: readonly SliceColumn[]; to?: Readonly<Record<string, string>> }>
> = {
  order: {
    comment: 'One agreement with a counterparty',
    columns: [
      column('number', 'varchar', { notNull: true }),
      status(['draft', 'confirmed', 'cancelled']),
      column('grand_total', 'numeric', { comment: 'Gross, in the currency of the period' }),
      column('placed_at', 'timestamptz'),
    ],
    to: { contact_id: 'contact', period_id: 'period' },
  },
  order_line: {
    columns: [column('quantity', 'int4'), column('unit_price', 'numeric'), column('article', 'text')],
    to: { order_id: 'order' },
  },
  document: {
    columns: [column('file_name', 'text'), column('mime_type', 'text')],
    to: { order_id: 'order' },
  },
  contact: {
    columns: [column('email', 'text', { mask: 'email' }), column('phone', 'text')],
    to: { person_id: 'person', address_id: 'address' },
  },
  note: { columns: [column('body', 'text')], to: { person_id: 'person' } },
  event: {
    columns: [column('happened_at', 'timestamptz'), column('kind', 'text')],
    to: { person_id: 'person' },
  },
  category: { columns: [column('name', 'text'), column('colour', 'text')] },
  status_history: { columns: [column('changed_at', 'timestamptz')], to: { order_id: 'order' } },
  attachment: { columns: [column('bytes', 'int8')], to: { document_id: 'document' } },
  approval: {
    comment: 'Who signed a document off, and when',
    columns: [column('signed_at', 'timestamptz')],
    to: { document_id: 'document', person_id: 'person' },
  },
  budget: { columns: [column('amount', 'numeric')], to: { period_id: 'period', category_id: 'category' } },
  target: { columns: [column('goal', 'numeric')], to: { period_id: 'period' } },
  report: { columns: [column('headline', 'text')], to: { period_id: 'period' } },
  setting: { columns: [column('value', 'jsonb')] },
  template: { columns: [column('body', 'text')], to: { category_id: 'category' } },
  comment_thread: { columns: [column('subject', 'text')], to: { task_id: 'task' } },
  task: { columns: [column('due_on', 'date'), column('done', 'bool')], to: { person_id: 'person' } },
  period: { columns: [column('begins', 'date'), column('ends', 'date')] },
  address: { columns: [column('street', 'text'), column('city', 'text'), column('country', 'text')] },
  person: {
    columns: [column('first_name', 'text'), column('last_name', 'text'), column('hired_on', 'date')],
    to: { address_id: 'address' },
  },
};

/** Keys from one module to another: column of the first table to the second. */
const ACROSS: readonly (readonly [from: string, column: string, to: string])[] = [
  ['billing_order', 'sales_order_id', 'sales_order'],
  ['shipping_order', 'sales_order_id', 'sales_order'],
  ['stock_order', 'purchase_order_id', 'purchase_order'],
  ['payroll_person', 'recruiting_person_id', 'recruiting_person'],
];

/** The 300 tables; every one belongs by a column `company_id`, which no agent sees. */
export const largeSlice: readonly SliceTable[] = make();

function make(): readonly SliceTable[] {
  const keys = MODULES.flatMap((module) =>
    Object.entries(THINGS).flatMap(([thing, { to = {} }]) =>
      Object.entries(to).map(([own, other]) => [`${module}_${thing}`, own, `${module}_${other}`] as const),
    ),
  );
  const all = [...keys, ...ACROSS];
  return MODULES.flatMap((module) =>
    Object.entries(THINGS).map(([thing, { comment, columns }]) => {
      const name = `${module}_${thing}`;
      const own = all.filter(([from]) => from === name);
      return table(
        name,
        [
          column('id', 'int8', { notNull: true }),
          ...columns,
          ...own.map(([, foreign]) => column(foreign, 'int8')),
        ],
        {
          comment: comment ?? null,
          scope: owned(['tenant', 'company_id', 'pg_catalog.int8']),
          relations: [
            ...own.map(([, foreign, to]): Relation => relation(to, 'one', to, [foreign], ['id'])),
            ...all
              .filter(([, , to]) => to === name)
              .map(([from, foreign]): Relation => relation(from, 'many', from, ['id'], [foreign])),
          ],
        },
      );
    }),
  );
}

function relation(
  name: string,
  kind: Relation['kind'],
  other: string,
  columns: readonly string[],
  otherColumns: readonly string[],
): Relation {
  return { name, kind, table: other, columns, otherColumns };
}

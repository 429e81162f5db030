/** What a description may cost: counted with a model's own tokenizer. */
import { encode } from 'gpt-tokenizer';
import { encode as encodeForOlderModels } from 'gpt-tokenizer/encoding/cl100k_base';
import { describe, expect, test } from 'vitest';
import type { ToolName } from '../../src/policy/compiled.js';
import { estimateTokens } from '../../src/tools/token-estimate.js';
import type { ToolContext } from '../../src/tools/tool.js';
import { denied, prepared } from './support/call.js';
import { largeSlice } from './support/large-slice.js';
import { shop } from './support/shop.js';
import { column, contextOf, table } from './support/slice.js';

const readOnly = contextOf({ tables: largeSlice });
const large: ToolContext = {
  ...readOnly,
  role: { ...readOnly.role, tools: new Set<ToolName>(['query', 'sql']) },
};
const small = contextOf({ tables: shop });

const QUESTIONS = [
  undefined,
  'total of confirmed purchase orders by contact',
  'which fleet tasks are due, and whose are they?',
  'people hired last year',
  'names',
  'xyzzy',
];

interface Described {
  readonly text: string;
  readonly tables: readonly string[];
  readonly left_out: number;
}

function describeIn(context: ToolContext, input: object) {
  const { rows, ...answer } = prepared('describe_schema', input, context).answer({ fields: [], rows: [] });
  return { ...(rows[0] as unknown as Described), ...answer, json: JSON.stringify(rows) };
}

describe('a description', () => {
  test('never costs more than it may', () => {
    for (const context of [large, small]) {
      for (const question of QUESTIONS) {
        for (const tokens of [100, 150, 250, 400, 800, 1500, 4000, 16_000, 1_000_000]) {
          const { json } = describeIn(context, question === undefined ? { tokens } : { tokens, question });
          expect(encode(json).length, `${question} in ${tokens}`).toBeLessThanOrEqual(
            Math.min(tokens, 16_000),
          );
          expect(encodeForOlderModels(json).length).toBeLessThanOrEqual(Math.min(tokens, 16_000));
        }
      }
    }
  });

  test('uses what it may, where there is more to say', () => {
    for (const tokens of [400, 1500, 4000]) {
      expect(encode(describeIn(large, { tokens }).json).length).toBeGreaterThan(tokens * 0.55);
    }
  });

  test('takes 1 500 tokens where the call does not say, and 100 at least', () => {
    const question = 'sales orders';
    expect(describeIn(large, { question })).toEqual(describeIn(large, { question, tokens: 1500 }));
    expect(denied('describe_schema', { tokens: 99 }, large)).toMatchObject({
      code: 'input_invalid',
      rule: 'input.tokens',
    });
    expect(describeIn(large, { tokens: '400' })).toEqual(describeIn(large, { tokens: 400 }));
  });

  test('accounts for every table', () => {
    for (const question of QUESTIONS) {
      for (const tokens of [100, 400, 1500, 16_000]) {
        const { text, tables, left_out } = describeIn(large, { tokens, ...(question ? { question } : {}) });
        expect(tables.length + left_out).toBe(300);
        const described = text.split('\n').filter((line) => /^\w+ \(/.test(line));
        expect(described.map((line) => line.split(' ')[0])).toEqual(tables);
        const more = /^(\d+) more tables(?:: (.*?))?(?:,? ?and (\d+) others?)?$/m.exec(text);
        expect(Number(more?.[1] ?? 0)).toBe(left_out);
        const named = (more?.[2] ?? '').split(', ').filter((name) => name !== '');
        if (named.length > 0) expect(named.length + Number(more?.[3] ?? 0)).toBe(left_out);
        expect(new Set([...tables, ...named]).size).toBe(tables.length + named.length);
      }
    }
  });

  test('says that the budget took something that may matter, and nothing where it did not', () => {
    expect(describeIn(small, { tokens: 1500 })).toMatchObject({ truncated: false, left_out: 0 });
    expect(describeIn(small, { tokens: 1500 }).suggestion).toBeUndefined();
    const tight = describeIn(small, { tokens: 150 });
    expect(tight).toMatchObject({ truncated: true, suggestion: expect.stringContaining('tokens') });
    expect(describeIn(small, { question: 'genre', tokens: 1500 })).toMatchObject({
      truncated: false,
      left_out: expect.any(Number),
    });
  });

  test('of a slice without tables says so', () => {
    expect(describeIn(contextOf({ tables: [] }), { tokens: 100 })).toMatchObject({
      text: expect.stringContaining('No tables.'),
      tables: [],
      left_out: 0,
      truncated: false,
    });
  });
});

describe('where there is less room', () => {
  const commented = contextOf({
    tables: ['first', 'second', 'third'].map((name) =>
      table(
        name,
        Array.from({ length: 12 }, (_, index) =>
          column(`${name}_column_${index}`, 'text', { comment: `What ${name} says in ${index}` }),
        ),
        { comment: `The ${name} of all` },
      ),
    ),
  });
  const seen = (tokens: number) => {
    const { text, tables } = describeIn(commented, { tokens, question: 'first second third' });
    return {
      tables: tables.length,
      columns: text.match(/_column_\d+ text/g)?.length ?? 0,
      comments: text.match(/"What|-- "The/g)?.length ?? 0,
      told: text.match(/\+(\d+) columns?/g) ?? [],
    };
  };

  test('comments go first, then columns, then tables', () => {
    expect(seen(3000)).toEqual({ tables: 3, columns: 36, comments: 39, told: [] });
    const steps = Array.from({ length: 60 }, (_, index) => seen(1500 - index * 23));
    for (const [index, step] of steps.entries()) {
      const before = steps[index - 1];
      if (step.comments > 0) expect(step).toMatchObject({ tables: 3, columns: 36 });
      if (step.columns < 36) expect(step.comments, JSON.stringify(step)).toBe(0);
      if (step.tables < 3 && step.tables > 0) expect(step.columns).toBeLessThanOrEqual(8 * 3);
      if (before !== undefined) {
        expect(step.tables).toBeLessThanOrEqual(before.tables);
        expect(step.columns).toBeLessThanOrEqual(before.columns);
      }
    }
    expect(steps.some(({ tables, columns }) => tables === 3 && columns < 36)).toBe(true);
    expect(steps.some(({ tables }) => tables < 3)).toBe(true);
  });

  test('the columns that are left out are counted', () => {
    const wide = contextOf({
      tables: [
        table('wide', [
          column('id', 'int4', { notNull: true }),
          ...Array.from({ length: 400 }, (_, index) => column(`field_${index}`, 'text')),
          column('shoe_size', 'int4'),
        ]),
      ],
    });
    const { text, truncated } = describeIn(wide, { question: 'average shoe size', tokens: 500 });
    expect(text).toMatch(/^wide \(id int key, field_0 text\?/m);
    expect(text).toContain('shoe_size int?');
    const [, missing] = /\+(\d+) columns\)$/m.exec(text) ?? [];
    expect(Number(missing) + (text.match(/field_\d+/g) ?? []).length + 2).toBe(402);
    expect(truncated).toBe(true);
  });
});

describe('the estimate of tokens', () => {
  test('does not tell too little of text made of words', () => {
    const texts = [
      describeIn(large, { tokens: 16_000 }).text,
      describeIn(small, { tokens: 16_000 }).text,
      JSON.stringify(largeSlice.slice(0, 20)),
      "select c.country, sum(i.total) from customer c join invoice i on i.customer_id = c.id where i.status = 'open' group by 1",
      'Kundenstammdaten mit Rechnungsanschrift: jede Änderung der Bankverbindung wird geprüft und protokolliert.',
      'Libellé de l’élément facturé, à vérifier à la clôture de l’exercice',
      'Таблица заказов клиентов с адресами доставки',
      '顧客の請求先住所を保持するテーブルです',
      '"orderItemId" int key, "customerShippingAddressId" int, "isGiftWrapped" bool, "createdAt" timestamptz',
      '"2024-01-10 08:00:00+00"|"2024-11-02 18:31:00+00"|"d290f1ee-6c54-4b01-90e6-d701748f0851"|"4111-1111"',
    ];
    for (const text of texts) {
      const real = Math.max(encode(text).length, encodeForOlderModels(text).length);
      expect(estimateTokens(text), text.slice(0, 60)).toBeGreaterThanOrEqual(real * 0.9);
    }
  });

  test('is at most half of it too little for text without words', () => {
    const random = Array.from({ length: 60 }, (_, index) =>
      [...'qxzjkvwbphgfydmclr']
        .map((_, at, letters) => letters[(at * 7 + index * 5 + at * index) % 18])
        .join(''),
    ).join(' ');
    expect(estimateTokens(random)).toBeGreaterThan(encode(random).length * 0.4);
    expect(estimateTokens('')).toBe(0);
  });
});

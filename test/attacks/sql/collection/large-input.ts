import type { Idea } from '../support/attack.js';

/** What is read must fit into the reader. */
export const largeInput: Idea = {
  name: 'very large input',
  about: 'statements that are long, deep or wide',
  attacks: [
    {
      name: 'a megabyte in one literal',
      text: `select length('${'x'.repeat(1_000_000)}')`,
      aim: 'resources',
      raw: { says: /"1000000"/ },
    },
    {
      name: 'a megabyte of comment',
      text: `select 1 /*${'x'.repeat(1_000_000)}*/`,
      aim: 'resources',
      raw: { says: /"1"/ },
    },
    {
      name: 'a megabyte of spaces',
      text: `select${' '.repeat(1_000_000)}1`,
      aim: 'resources',
      raw: { says: /"1"/ },
    },
    {
      name: 'a megabyte in one name',
      text: `select 1 as "${'x'.repeat(1_000_000)}"`,
      aim: 'resources',
      raw: { says: /"1"/ },
    },
    {
      name: 'a thousand six hundred columns',
      text: `select ${Array.from({ length: 1_600 }, (_, n) => `${n} as c${n}`).join(', ')}`,
      aim: 'resources',
      raw: { says: /"1599"/ },
    },
    {
      name: 'a column more than there can be',
      text: `select ${Array.from({ length: 1_665 }, (_, n) => n).join(', ')}`,
      aim: 'resources',
      raw: { refused: '54011' },
    },
    {
      name: 'ten thousand rows of VALUES',
      text: `values ${Array.from({ length: 10_000 }, (_, n) => `(${n})`).join(', ')}`,
      aim: 'resources',
      raw: { says: /"9999"/ },
    },
    {
      name: 'a chain of a thousand ANDs',
      text: `select id from {ticket} where ${Array.from({ length: 3_000 }, (_, n) => `id <> ${n + 10}`).join(' and ')}`,
      aim: 'resources',
      raw: { says: /"1"/ },
    },
    {
      name: 'common table expressions by the dozen, each out of the one before',
      text: `with ${Array.from({ length: 60 }, (_, n) => `c${n} as (select ${n === 0 ? '1 as x' : `x from c${n - 1}`})`).join(', ')} select x from c59`,
      aim: 'resources',
      raw: { says: /"1"/ },
    },
    {
      name: 'a CASE of five thousand branches',
      text: `select case id ${Array.from({ length: 5_000 }, (_, n) => `when ${n + 10} then ${n}`).join(' ')} end from {ticket}`,
      aim: 'resources',
      raw: { says: /null/ },
    },
    {
      name: 'an array literal of a hundred thousand',
      text: `select cardinality('{${Array.from({ length: 100_000 }, () => '1').join(',')}}'::int[])`,
      aim: 'resources',
      raw: { says: /"100000"/ },
    },
    {
      name: 'casts by the thousand',
      text: `select 1${'::int'.repeat(3_000)}`,
      aim: 'resources',
      raw: { says: /"1"/ },
    },
    {
      name: 'NOTs by the thousand',
      text: `select ${'not '.repeat(4_000)}true`,
      aim: 'resources',
      raw: { says: /"t"/ },
    },
    {
      name: 'brackets by the thousand',
      text: `select ${'array['.repeat(2_000)}1${']'.repeat(2_000)}`,
      aim: 'resources',
      raw: { state: '54000' },
    },
    {
      name: 'joins nested in parentheses, two hundred deep',
      text: `select count(*) from ${'('.repeat(90)}{plan} p${Array.from({ length: 90 }, (_, n) => ` cross join (select 1) j${n})`).join('')}`,
      aim: 'resources',
      raw: { says: /"2"/ },
    },
    {
      name: 'a number of a hundred thousand digits',
      text: `select ${'9'.repeat(100_000)} > 0`,
      aim: 'resources',
      raw: { says: /"t"/ },
    },
  ],
};

/** The rows of the lookalike world: every tenant has nearly the same ones, under the same keys. */
import type pg from 'pg';
import { Random } from '../random.js';

export const LOOKALIKES = ['acme', 'acne', 'Acme', 'acmé'] as const;

/** Rows of nobody's: their scope column is null. */
const OWNERS: readonly (string | null)[] = [...LOOKALIKES, null];

type Row = Readonly<Record<string, unknown>>;

const COUNTRIES: readonly Row[] = [
  { code: 'DE', name: 'Germany', people: 83_000_000, area: 357_022.5, member: true },
  { code: 'FR', name: 'France', people: 68_000_000, area: 643_801, member: true },
  { code: 'US', name: 'United States', people: 9_007_199_254, area: null, member: false },
  { code: 'CA', name: 'Canada', people: null, area: 9_984_670.01, member: false },
  { code: 'XX', name: '', people: 0, area: 0, member: null },
];

/** Parts of texts, and what the mask `text` leaves of them according to docs/policy.md. */
const PHRASES: readonly (readonly [written: string, shown: string])[] = [
  ['Mail jane@example.com please', 'Mail [email] please'],
  ['call +1 555 010 4477', 'call [phone]'],
  ['IBAN DE89 3704 0044 0532 0130 00', 'IBAN [iban]'],
  ['card 4111 1111 1111 1111', 'card [card]'],
  ['ssn 078-05-1120', 'ssn [id]'],
  ['likes tea', 'likes tea'],
  ['100 % sure_', '100 % sure_'],
  ['', ''],
];

const TEXTS = PHRASES.flatMap(([one, shownOne]) =>
  PHRASES.map(([other, shownOther]) => [`${one}, ${other}`, `${shownOne}, ${shownOther}`] as const),
);

export const shownNotes: ReadonlyMap<string, string> = new Map([
  ...TEXTS,
  ...PHRASES.map(([written, shown]) => [written, shown] as const),
]);

const NAMES = [
  'Ann',
  'Anne',
  'anna',
  'Bo',
  'Zoë',
  'Ångström',
  'O’Neil',
  "d'Arc",
  'von Berg',
  '',
  '%',
  'a_b',
  'Ann ',
];
const LEVELS = ['trial', 'basic', 'gold', 'closed'];
const TAGS = ['red', 'blue', 'green', 'a,b', '', 'NULL'];

/** Puts the rows of all tenants into the tables. */
export async function fillLookalike(client: pg.Client): Promise<void> {
  const fill = (table: string, rows: readonly Row[]): Promise<unknown> =>
    client.query(`insert into desk.${table} select * from json_populate_recordset(null::desk.${table}, $1)`, [
      JSON.stringify(rows),
    ]);
  await fill('country', COUNTRIES);
  for (const [index, org] of OWNERS.entries()) {
    // The same chances for each, one of many taken otherwise: lookalikes.
    const rows = new RowMaker(new Random(7), new Random(index), org, index);
    await fill('client', rows.clients());
    await fill('project', rows.projects());
    await fill('task', rows.tasks());
    await fill('step', rows.steps());
    await fill('note', rows.notes());
    await fill('event', rows.events());
    if (org !== null) await fill('payroll', [{ id: index, org, person: 'Ann', wage: 1000 + index }]);
  }
  // Children of nobody.
  await fill('task', [{ id: 9_999, project_id: null, title: 'nobody', hours: 1 }]);
  await client.query('refresh materialized view desk.summary; analyze');
}

class RowMaker {
  readonly #alike: Random;
  readonly #own: Random;
  readonly #org: string | null;
  readonly #index: number;
  #tasks: readonly number[] = [];

  constructor(alike: Random, own: Random, org: string | null, index: number) {
    this.#alike = alike;
    this.#own = own;
    this.#org = org;
    this.#index = index;
  }

  /** What all tenants have alike, mostly; sometimes null. */
  #maybe<T>(options: readonly T[], nulls = 0.15): T | null {
    const alike = this.#alike.pick(options);
    const isNull = this.#alike.chance(nulls);
    if (this.#own.chance(0.12)) return this.#own.chance(0.3) ? null : this.#own.pick(options);
    return isNull ? null : alike;
  }

  #count(least: number): number {
    return this.#org === null ? 3 : least + this.#index * 2;
  }

  #rows(count: number, row: (n: number) => Row): Row[] {
    return Array.from({ length: count }, (_, n) => row(n + 1));
  }

  clients(): Row[] {
    return this.#rows(this.#count(34), (n) => ({
      org: this.#org,
      id: n,
      name: this.#maybe(NAMES, 0.1),
      email: this.#maybe([
        'jane@example.com',
        'jd@example.com',
        'x@y@z.org',
        'not an address',
        'Ann@Example.com',
      ]),
      phone: this.#maybe(['+1 555 010 4477', '1234567', '12345678', '+1 555 010 4478']),
      country: this.#maybe(['DE', 'FR', 'US', 'CA', 'XX']),
      born: this.#maybe(['1987-05-14', '1987-05-15', '2000-02-29', '1969-12-31', '0099-01-01']),
      joined: this.#maybe([
        '2024-12-31T23:30:00-05:00',
        '2024-12-31T23:30:00Z',
        '2025-03-30T02:30:00+01:00',
        '1999-01-01T00:00:00.123456Z',
      ]),
      made: this.#maybe(['2024-12-31T23:30:00', '2025-06-30T12:00:00.5', '2024-02-29T00:00:00']),
      notes: this.#maybe(TEXTS)?.[0] ?? null,
      balance: this.#maybe([0, -10.5, 10.5, 10.05, 999_999.99, 0.01, 100]),
      rating: this.#maybe([0.1, 0.2, 1e-300, 4.5, 'NaN', 'Infinity', -3]),
      vip: this.#maybe([true, false]),
      level: this.#maybe(LEVELS),
      outside: this.#maybe([
        '7f0c8e9a-0000-4000-8000-000000000001',
        '7f0c8e9a-0000-4000-8000-000000000002',
        'ffffffff-0000-4000-8000-000000000001',
      ]),
      extra: this.#maybe([
        { a: 1, b: 'x' },
        { a: 2 },
        { a: null },
        [1, 2, 'x'],
        'text',
        5,
        {},
        { b: { a: 'Ann' } },
      ]),
      loose: this.#maybe([{ a: 1 }, [1], 'x']),
      tags: this.#maybe([TAGS.slice(0, 2), TAGS.slice(1, 5), [], [null, 'red'], ['red'], TAGS]),
      scores: this.#maybe([[1, 2, 3], [], [null], [3, 1], [100]]),
      picture: this.#maybe(['\\x00ff', '\\x', '\\xdeadbeef', '\\x00fe']),
      small: this.#maybe([0, 1, -1, 7, 30_000]),
      big: this.#maybe([0, 4711, '9007199254740993', '9007199254740992', -5]),
      code: this.#maybe(['a', 'ab', 'abcd', '']),
      referrer: this.#maybe([1, 2, 3, 11, 30]),
      ssn: this.#maybe(['078-05-1120', '078-05-1121', '']),
      keeper: this.#maybe(['ann', 'anm', 'bob']),
      api_token: `secret of ${this.#org}`,
    }));
  }

  projects(): Row[] {
    // Neighbouring keys belong to different tenants.
    return this.#rows(this.#count(12), (n) => ({
      id: n * 5 + this.#index,
      org: this.#org,
      client: this.#org === null ? null : this.#maybe([1, 2, 3, 4, 11]),
      name: this.#maybe(NAMES, 0) ?? 'none',
      budget: this.#maybe([1000, 0, 12.3456, 99_999.9999]),
      starts: this.#maybe(['2025-01-01', '2025-01-31', '2024-02-29']),
      level: this.#maybe(LEVELS),
      owner: this.#maybe(['ann', 'anm', 'nobody']),
    }));
  }

  tasks(): Row[] {
    const count = this.#count(12);
    const rows = this.#rows(this.#count(40), (n) => ({
      id: n * 5 + this.#index,
      project_id: this.#alike.between(1, count) * 5 + this.#index,
      title: this.#maybe(['plan', 'build', 'ship', 'Plan', 'plan b', ''], 0.1),
      hours: this.#maybe([0, 1.5, 2.25, 8, 100]),
      done: this.#maybe([true, false]),
      due: this.#maybe(['2025-01-31T12:00:00Z', '2025-02-28T23:59:59Z', '2024-12-31T23:30:00-05:00']),
      labels: this.#maybe([['red'], ['red', 'blue'], [], [null]]),
    }));
    this.#tasks = rows.map((row) => Number(row.id));
    return rows;
  }

  steps(): Row[] {
    return this.#tasks.flatMap((task_id) =>
      this.#rows(this.#alike.below(4), (n) => ({
        task_id,
        n,
        what: this.#maybe(['measure twice', 'cut', 'cut once', 'measured', '12345678']),
        cost: this.#maybe([0, 9.99, 49.99, 50, 120]),
      })),
    );
  }

  notes(): Row[] {
    return this.#rows(this.#count(40), (n) => ({
      id: n * 5 + this.#index,
      org: this.#org,
      room: this.#maybe([1, 11, 2], 0.1),
      author: this.#maybe(['ann', 'anm', 'bob'], 0.1),
      body: this.#maybe(['hello', 'hallo', 'Bo', '', 'see Ann', 'see Anne']),
      at: this.#maybe(['2025-01-31T12:00:00Z', '2025-01-31T12:00:00.000001Z', '2024-12-31T23:59:59Z']),
      pinned: this.#maybe([true, false]),
      stars: this.#maybe([0, 1, 5]),
    }));
  }

  /** No key, and many rows that are equal. */
  events(): Row[] {
    return this.#rows(this.#count(40), () => ({
      org: this.#org,
      kind: this.#maybe(['open', 'opened', 'close', 'Open', 'o', '']),
      at: this.#maybe(['2025-01-31T12:00:00', '2024-02-29T00:00:00']),
      amount: this.#maybe([1, 1.5, -1, 100]),
      data: this.#maybe([{ a: 1 }, { a: 'Ann' }, [], null]),
    }));
  }
}

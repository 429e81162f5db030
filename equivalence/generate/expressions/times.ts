/** Dates and times. Steps are bounded; there is no clock. */
import { type Expr, type Part, TYPE, type Type } from '../../statement/ast.js';
import type { At, Makers } from '../expression.js';

const of =
  (type: Type) =>
  (at: At, feature: string, ...parts: readonly Part[]): Expr =>
    at.maker.form(type, feature, ...parts);
const date = of(TYPE.date);
const timestamp = of(TYPE.timestamp);
const instant = of(TYPE.timestamptz);
const UNITS = ['year', 'quarter', 'month', 'week', 'day', 'hour'];
const STEPS = [
  "interval '1 day'",
  "interval '1 month'",
  "interval '-36 hours'",
  "interval '1 year 2 days'",
  'make_interval(days => 3)',
];
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York'];

export const times: { readonly date: Makers; readonly timestamp: Makers; readonly timestamptz: Makers } = {
  date: [
    [
      3,
      (at) =>
        date(
          at,
          'date arithmetic',
          '(',
          at.part(TYPE.date),
          at.maker.random.pick([' + ', ' - ']),
          '(',
          at.part(TYPE.int),
          ' % 400)::int4)',
        ),
    ],
    [
      2,
      (at) =>
        date(
          at,
          'date truncated',
          `date_trunc('${at.maker.random.pick(UNITS)}', `,
          at.part(TYPE.date),
          '::timestamp)::date',
        ),
    ],
    [2, (at) => date(at, 'date cast', at.part(TYPE.timestamp), '::date')],
    [
      1,
      (at) =>
        date(
          at,
          'time zone',
          '(',
          at.part(TYPE.timestamptz),
          ` at time zone '${at.maker.random.pick(ZONES)}')::date`,
        ),
    ],
    [1, (at) => date(at, 'date made', 'make_date(2024, 1 + abs(', at.part(TYPE.int), ' % 12)::int4, 28)')],
  ],
  timestamp: [
    [
      2,
      (at) =>
        timestamp(
          at,
          'time arithmetic',
          '(',
          at.part(TYPE.timestamp),
          at.maker.random.pick([' + ', ' - ']),
          at.maker.random.pick(STEPS),
          ')',
        ),
    ],
    [
      2,
      (at) =>
        timestamp(
          at,
          'date truncated',
          `date_trunc('${at.maker.random.pick(UNITS)}', `,
          at.part(TYPE.timestamp),
          ')',
        ),
    ],
    [1, (at) => timestamp(at, 'date cast', at.part(TYPE.date), '::timestamp')],
    [
      1,
      (at) =>
        timestamp(
          at,
          'time zone',
          '(',
          at.part(TYPE.timestamptz),
          ` at time zone '${at.maker.random.pick(ZONES)}')`,
        ),
    ],
  ],
  timestamptz: [
    [
      2,
      (at) =>
        instant(
          at,
          'time arithmetic',
          '(',
          at.part(TYPE.timestamptz),
          at.maker.random.pick([' + ', ' - ']),
          at.maker.random.pick(STEPS),
          ')',
        ),
    ],
    [
      2,
      (at) =>
        instant(
          at,
          'date truncated',
          `date_trunc('${at.maker.random.pick(UNITS)}', `,
          at.part(TYPE.timestamptz),
          `, '${at.maker.random.pick(ZONES)}')`,
        ),
    ],
    [1, (at) => instant(at, 'date cast', at.part(TYPE.date), '::timestamptz')],
    [
      1,
      (at) =>
        instant(
          at,
          'time zone',
          '(',
          at.part(TYPE.timestamp),
          ` at time zone '${at.maker.random.pick(ZONES)}')`,
        ),
    ],
    [1, (at) => instant(at, 'epoch', 'to_timestamp((', at.part(TYPE.int), ' % 1000000)::int4)')],
  ],
};

/** Functions in FROM: series, arrays and documents unfolded into rows. */
import { type Form, type NamedColumn, type Part, type Series, TYPE } from '../statement/ast.js';
import type { Made } from './from.js';
import { columnsOf, type Maker } from './maker.js';

function fixed(
  maker: Maker,
  feature: string,
  call: readonly Part[],
  columns: readonly NamedColumn[],
  how: Partial<Pick<Series, 'ordinality' | 'lateral'>> = {},
): Made {
  const alias = maker.name('f');
  const form: Form = maker.form(TYPE.int, feature, ...call);
  return {
    from: {
      node: 'function',
      alias,
      call: form,
      columns,
      lateral: false,
      ordinality: false,
      ...how,
    },
    visible: [{ alias, columns }],
    rows: 4,
    joins: 0,
  };
}

const one = (name: string, type: NamedColumn['type']): readonly NamedColumn[] => [{ name, type }];

/** A function that gives rows by itself. */
export function series(maker: Maker): Made {
  const { random } = maker;
  return random.pick<() => Made>([
    () =>
      fixed(
        maker,
        'generate_series',
        [`generate_series(${random.between(-1, 1)}, ${random.between(0, 5)})`],
        one('n', TYPE.int),
      ),
    () =>
      fixed(
        maker,
        'generate_series',
        ["generate_series('2024-01-01'::timestamp, '2024-06-01', interval '1 month')"],
        one('at', TYPE.timestamp),
      ),
    () =>
      fixed(
        maker,
        'unnest',
        ["unnest(array['a', 'Ann', null, 'x'])"],
        [...one('v', TYPE.text), ...one('n', TYPE.int)],
        { ordinality: true },
      ),
    () =>
      fixed(
        maker,
        'unnest',
        ["unnest(array['a', 'Ann'], array[1, 2, 3])"],
        [...one('v', TYPE.text), ...one('n', TYPE.int)],
      ),
    () =>
      fixed(
        maker,
        'rows from',
        ["rows from (generate_series(1, 3), unnest(array['x', 'Zoe']))"],
        [...one('n', TYPE.int), ...one('v', TYPE.text)],
      ),
  ])();
}

/** A function over what stands to the left. */
export function unfolded(maker: Maker, left: Made): Made | undefined {
  const columns = columnsOf(left.visible);
  const of = (kind: string) => columns.filter(({ type }) => type.kind === kind);
  const options: (() => Made)[] = [
    ...of('texts').map(
      (column) => () =>
        fixed(maker, 'unnest', ['unnest(', column, ')'], [...one('v', TYPE.text), ...one('n', TYPE.int)], {
          ordinality: true,
        }),
    ),
    ...of('ints').map(
      (column) => () =>
        fixed(maker, 'unnest', ['unnest(', column, ')'], one('v', TYPE.int), { lateral: true }),
    ),
    ...of('jsonb').map(
      (column) => () =>
        fixed(
          maker,
          'jsonb elements',
          [
            'jsonb_array_elements(case when jsonb_typeof(',
            column,
            ") = 'array' then ",
            column,
            " else '[]' end)",
          ],
          one('v', TYPE.jsonb),
        ),
    ),
    ...of('jsonb').map(
      (column) => () =>
        fixed(
          maker,
          'jsonb each',
          [
            'jsonb_each_text(case when jsonb_typeof(',
            column,
            ") = 'object' then ",
            column,
            " else '{}' end)",
          ],
          [...one('k', TYPE.text), ...one('v', TYPE.text)],
        ),
    ),
    ...of('text').map(
      (column) => () =>
        fixed(maker, 'text split', ['regexp_split_to_table(', column, ", '[ ,@]')"], one('v', TYPE.text)),
    ),
  ];
  return options.length === 0 ? undefined : maker.random.pick(options)();
}

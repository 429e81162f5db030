/** The guard: what an agent wrote goes in; one scoped, limited, verified SELECT comes out, or the reason why not. */
import { type Denial, deny } from '../errors.js';
import { ShapeCache } from './cache.js';
import { judge } from './judge.js';
import { lift } from './lift.js';
import { loadParser, parseSelect } from './parse.js';
import { limitRows } from './row-limit.js';
import { scope } from './scope.js';
import { shapeOf } from './shape.js';
import type { GuardSlice } from './slice.js';
import type { GuardedStatement } from './statement.js';
import { fill, write } from './write.js';

export interface Guard {
  /**
   * Judges one statement. Pure but for what it remembers of the slice: a statement that differs from an earlier one in its literals alone
   * is answered in microseconds.
   */
  judge(text: unknown, slice: GuardSlice): GuardedStatement | Denial;
}

/** Loads PostgreSQL's parser, which takes some 50 ms. */
export async function createGuard(): Promise<Guard> {
  await loadParser();
  const caches = new WeakMap<GuardSlice, ShapeCache>();
  return {
    judge(text, slice) {
      if (typeof text !== 'string')
        return deny(
          'sql_invalid',
          'sql.text',
          'The statement is not a text.',
          'Send one SELECT as a string.',
        );
      let cache = caches.get(slice);
      if (cache === undefined) {
        cache = new ShapeCache();
        caches.set(slice, cache);
      }
      const shape = shapeOf(text);
      const known = shape === undefined ? undefined : cache.find(shape);
      if (known !== undefined) return known;

      const parsed = parseSelect(text);
      if ('rule' in parsed) return parsed;
      const judged = judge(parsed.select, slice, text);
      if ('rule' in judged) return judged;
      scope(judged);
      const lifted = lift(judged.select);
      limitRows(judged.select, slice.limits.rows);
      const written = write(judged, lifted);
      if ('rule' in written) return written;
      const { tables, columns } = judged.touched;
      const { text: sent, opaque } = fill(written, lifted);
      const statement = {
        text: sent,
        opaque: { text: opaque, parameters: lifted.parameters },
        tables,
        columns,
        shape: opaque,
      };
      if (shape !== undefined && judged.cacheable) cache.learn(text, shape, written, lifted, statement);
      return statement;
    },
  };
}

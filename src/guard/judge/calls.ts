/** Function calls: PostgreSQL's own that compute and do no more, and the product's that the policy names. */
import type { FuncCall } from 'libpg-query';
import { nearest } from '../../policy/nearest.js';
import { quoted } from '../../refusal.js';
import { functionInstead } from '../functions/elsewhere.js';
import type { QualifiedName } from '../slice.js';
import type { Judging } from './judging.js';
import type { Scope } from './scope.js';
import { judgeSizes } from './sizes.js';

export function judgeCall(judging: Judging, node: FuncCall, scope: Scope): void {
  const names = judging.names(node.funcname, node);
  const meant = resolve(judging, node, names);
  judging.functions.set(node, meant);
  if (meant.schema === 'pg_catalog') judgeSizes(judging, node, meant.name);
  judging.parts('FuncCall', node, scope);
}

function resolve(judging: Judging, node: FuncCall, names: readonly string[]): QualifiedName {
  const name = names.at(-1) ?? '';
  const schema = names.length > 1 ? names[0] : undefined;
  if (names.length <= 2) {
    if ((schema === undefined || schema === 'pg_catalog') && judging.isHarmless(name)) {
      return { schema: 'pg_catalog', name };
    }
    const own = judging.slice.functions.filter(
      (candidate) => candidate.name === name && (schema === undefined || candidate.schema === schema),
    );
    const [only, other] = own;
    if (only !== undefined && other === undefined) return only;
    if (only !== undefined) {
      judging.refuse(
        'sql_refused',
        'sql.functions',
        node,
        `There are several functions ${quoted(name)}`,
        `Say which: ${own.map((candidate) => `${candidate.schema}.${candidate.name}`).join(', ')}.`,
      );
    }
  }
  judging.refuse(
    'sql_refused',
    'sql.functions',
    node,
    `The function ${quoted(names.join('.'))} may not be called`,
    instead(judging, name),
    [names.join('.')],
  );
}

function instead(judging: Judging, name: string): string {
  const elsewhere = functionInstead(name);
  if (elsewhere !== undefined) return `PostgreSQL writes it ${elsewhere}.`;
  const close = nearest(name, [...judging.slice.functions.map((own) => own.name), ...judging.harmless]);
  const what = 'Use functions and aggregates of PostgreSQL that compute from their arguments alone.';
  return close === undefined ? what : `Did you mean ${close}? ${what}`;
}

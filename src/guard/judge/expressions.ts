/** Rules of the expressions that need more than being allowed. */
import type {
  A_Expr,
  A_Indirection,
  CollateClause,
  Node,
  SortBy,
  SQLValueFunctionOp,
  SubLink,
} from 'libpg-query';
import { quoted } from '../../refusal.js';
import { resultColumns } from '../functions/result-columns.js';
import { judgeCall } from './calls.js';
import type { Judging, Rules } from './judging.js';
import { judgeColumnRef } from './references.js';
import type { Scope } from './scope.js';
import { judgeTypeName } from './type-names.js';

export const expressionRules: Rules = {
  ColumnRef: judgeColumnRef,
  FuncCall: judgeCall,
  TypeName: judgeTypeName,
  A_Expr: (judging, node, scope) => {
    judgeOperator(judging, node, node.name);
    judging.parts('A_Expr', node, scope);
  },
  SubLink: judgeSubLink,
  SortBy: (judging, node, scope) => {
    judgeOperator(judging, node, node.useOp);
    judging.parts('SortBy', node, scope);
  },
  CollateClause: judgeCollate,
  A_Indirection: judgeIndirection,
  SQLValueFunction: (judging, node) => {
    if (node.op !== undefined && CLOCK.has(node.op)) return;
    const name = (node.op ?? '').replace('SVFOP_', '').toLowerCase();
    judging.refuse(
      'sql_refused',
      'sql.functions',
      node,
      `${quoted(name)} tells of the session and is not to be read`,
      'Leave it out: every statement sees the rows of this session alone.',
    );
  },
};

const CLOCK: ReadonlySet<SQLValueFunctionOp> = new Set<SQLValueFunctionOp>([
  'SVFOP_CURRENT_DATE',
  'SVFOP_CURRENT_TIME',
  'SVFOP_CURRENT_TIME_N',
  'SVFOP_CURRENT_TIMESTAMP',
  'SVFOP_CURRENT_TIMESTAMP_N',
  'SVFOP_LOCALTIME',
  'SVFOP_LOCALTIME_N',
  'SVFOP_LOCALTIMESTAMP',
  'SVFOP_LOCALTIMESTAMP_N',
]);

/** An operator is found as functions are: without a schema in those that the statement runs with, with one only in PostgreSQL's own. */
function judgeOperator(
  judging: Judging,
  node: A_Expr | SortBy | SubLink,
  name: readonly Node[] | undefined,
): void {
  const names = judging.names(name, node);
  if (names.length <= 1 || (names.length === 2 && names[0] === 'pg_catalog')) return;
  judging.refuse(
    'sql_refused',
    'sql.operators',
    node,
    `The operator ${quoted(names.join('.'))} may not be used`,
    'Write the operator by itself, without OPERATOR(…).',
  );
}

function judgeSubLink(judging: Judging, node: SubLink, scope: Scope): void {
  if (node.subLinkType === 'MULTIEXPR_SUBLINK' || node.subLinkType === 'CTE_SUBLINK') {
    judging.refuseConstruct('SubLink', 'subLinkType', node);
  }
  judgeOperator(judging, node, node.operName);
  judging.parts('SubLink', node, scope);
}

function judgeCollate(judging: Judging, node: CollateClause, scope: Scope): void {
  const names = judging.names(node.collname, node);
  if (names.length > 2 || (names.length === 2 && names[0] !== 'pg_catalog')) {
    judging.refuse(
      'sql_refused',
      'sql.collations',
      node,
      `The collation ${quoted(names.join('.'))} may not be used`,
      'Name the collation by itself: COLLATE "C".',
    );
  }
  judging.parts('CollateClause', node, scope);
}

/**
 * `(expression).name` is a field of a row or, where it has none, another way to write `name(expression)`: a call of any function. So a
 * field may be taken only from calls whose rows are known to have it. Elements of arrays and `(…).*` call nothing.
 */
function judgeIndirection(judging: Judging, node: A_Indirection, scope: Scope): void {
  const { arg, indirection } = node;
  if (arg === undefined) judging.refuseConstruct('A_Indirection', 'arg', node);
  judging.node(arg, scope);
  const meant = 'FuncCall' in arg ? judging.functions.get(arg.FuncCall) : undefined;
  const fields = meant?.schema === 'pg_catalog' ? resultColumns(meant.name) : undefined;
  for (const [index, step] of (indirection ?? []).entries()) {
    if (!('String' in step)) {
      judging.node(step, scope);
      continue;
    }
    judging.alone('String', step);
    const { sval: field = '' } = step.String;
    // A single result is a value, not a row with a field.
    if (index === 0 && fields !== undefined && fields.length > 1 && fields.includes(field)) continue;
    judging.refuse(
      'sql_refused',
      'sql.fields',
      node,
      `The field ${quoted(field)} of an expression may not be taken this way`,
      `Write alias.${field} for a column, or to_jsonb(…) ->> '${field}' for a part of a row.`,
    );
  }
}

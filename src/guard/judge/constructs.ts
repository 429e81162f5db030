/** What people call the constructs that are refused, and what to write instead. */

interface Construct {
  readonly name: string;
  readonly instead: string;
}

const ONLY_READS = 'Write a SELECT: this tool only reads.';
const LEAVE_OUT = 'Leave it out.';

const writing = (name: string): Construct => ({ name: `${name} inside the statement`, instead: ONLY_READS });
const xml: Construct = {
  name: 'An XML expression',
  instead: 'Use json_build_object, json_agg or string_agg to put values together.',
};

/** By the name of a node, or of a node and its field. */
const CONSTRUCTS: ReadonlyMap<string, Construct> = new Map([
  ['DeleteStmt', writing('DELETE')],
  ['InsertStmt', writing('INSERT')],
  ['MergeStmt', writing('MERGE')],
  ['UpdateStmt', writing('UPDATE')],
  ['SelectStmt.intoClause', { name: 'SELECT INTO', instead: 'Leave INTO out: the rows are the answer.' }],
  [
    'SelectStmt.lockingClause',
    { name: 'FOR UPDATE or FOR SHARE', instead: 'Leave it out: this tool only reads and locks nothing.' },
  ],
  ['RangeTableSample', { name: 'TABLESAMPLE', instead: 'Use order by random() limit n.' }],
  ['RangeTableFunc', { name: 'XMLTABLE', instead: 'Use jsonb_array_elements.' }],
  ['XmlExpr', xml],
  ['XmlSerialize', xml],
  ['ParamRef', { name: 'A parameter', instead: 'Write the value itself.' }],
  ['SetToDefault', { name: 'DEFAULT', instead: 'Write a value, or null.' }],
  ['CurrentOfExpr', { name: 'WHERE CURRENT OF', instead: 'Name the rows by a condition.' }],
  ['TypeName.setof', { name: 'SETOF', instead: LEAVE_OUT }],
  ['TypeName.pct_type', { name: '%TYPE', instead: 'Name the type itself.' }],
]);

/** The construct that a node, or a node's field, stands for. */
export function construct(node: string, field?: string): Construct {
  const known = CONSTRUCTS.get(field === undefined ? node : `${node}.${field}`);
  if (known !== undefined) return known;
  return {
    name: field === undefined ? `The construct ${node}` : `The construct ${node} with ${field}`,
    instead: 'Write it with plain expressions, joins, subqueries and common table expressions.',
  };
}

/**
 * How many rows a statement would make the database visit, as its planner sees it. Never shown to an agent: a plan tells of
 * other tenants' frequent values, and so does a number read off one.
 */

/** A node of `EXPLAIN (FORMAT JSON, VERBOSE)`, as far as it is read here. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Plan Rows': number;
  readonly Schema?: string;
  readonly 'Relation Name'?: string;
  readonly 'Parent Relationship'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Nodes that read all of their input before they give a first row: a LIMIT above does not spare them. */
const BLOCKING = new Set([
  'Sort',
  'Aggregate',
  'Hash',
  'Materialize',
  'Memoize',
  'WindowAgg',
  'SetOp',
  'Bitmap Heap Scan',
  'Incremental Sort',
]);

/**
 * Rows visited: a sequential scan visits its whole table, any other scan the rows that its index finds; the inner side of a
 * nested loop once per outer row; a LIMIT stops what streams beneath it. InitPlans and SubPlans of row-level security read a key or a
 * parent's keys once and count like any scan.
 *
 * @param tableRows Rows in a whole table, by `schema.name`.
 */
export function scannedRows(plan: PlanNode, tableRows: (schema: string, table: string) => number): number {
  return Math.ceil(visit(plan, 1, tableRows));
}

function visit(node: PlanNode, share: number, tableRows: (schema: string, table: string) => number): number {
  const type = node['Node Type'];
  const children = node.Plans ?? [];
  let own = 0;
  if (type === 'Seq Scan' || type === 'Sample Scan') {
    own = Math.max(tableRows(node.Schema ?? '', node['Relation Name'] ?? ''), node['Plan Rows']) * share;
  } else if (
    type.endsWith('Scan') &&
    type !== 'Subquery Scan' &&
    type !== 'Bitmap Index Scan' &&
    type !== 'CTE Scan'
  ) {
    own = node['Plan Rows'] * share;
  }
  if (type === 'Limit') {
    // An InitPlan, such as row-level security's question for the tenant, comes first among the children and is not what is limited.
    const child = children.find((plan) => plan['Parent Relationship'] === 'Outer');
    const fraction =
      child !== undefined && child['Plan Rows'] > 0 ? Math.min(1, node['Plan Rows'] / child['Plan Rows']) : 1;
    return (
      own +
      children.reduce(
        (sum, plan) => sum + visit(plan, plan === child ? share * fraction : share, tableRows),
        0,
      )
    );
  }
  const below = BLOCKING.has(type) ? 1 : share;
  if (type === 'Nested Loop') {
    const outer = children.find((plan) => plan['Parent Relationship'] === 'Outer');
    const loops = Math.max(1, (outer?.['Plan Rows'] ?? 1) * below);
    return (
      own +
      children.reduce((sum, plan) => {
        const inner =
          plan['Parent Relationship'] === 'Inner' &&
          plan['Node Type'] !== 'Materialize' &&
          plan['Node Type'] !== 'Memoize';
        return sum + (inner ? loops * visit(plan, 1, tableRows) : visit(plan, below, tableRows));
      }, 0)
    );
  }
  return own + children.reduce((sum, plan) => sum + visit(plan, below, tableRows), 0);
}

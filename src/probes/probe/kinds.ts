/** The kinds of probes, in the order in which they are told of. To add one: a file in `kinds/`, and its name here. */
import type { Probe } from './contract.js';
import { approvals } from './kinds/approvals.js';
import { audit } from './kinds/audit.js';
import { bleeding } from './kinds/bleeding.js';
import { budget } from './kinds/budget.js';
import { deniedColumns } from './kinds/denied-columns.js';
import { foreignAggregates } from './kinds/foreign-aggregates.js';
import { foreignCursors } from './kinds/foreign-cursors.js';
import { foreignFilters } from './kinds/foreign-filters.js';
import { foreignIds } from './kinds/foreign-ids.js';
import { foreignRelations } from './kinds/foreign-relations.js';
import { foreignSql } from './kinds/foreign-sql.js';
import { foreignWrites } from './kinds/foreign-writes.js';
import { injection } from './kinds/injection.js';
import { masks } from './kinds/masks.js';
import { ownTools } from './kinds/own-tools.js';
import { reasons } from './kinds/reasons.js';

export const PROBES: readonly Probe[] = [
  foreignIds,
  foreignFilters,
  foreignRelations,
  foreignCursors,
  foreignAggregates,
  foreignSql,
  foreignWrites,
  ownTools,
  masks,
  deniedColumns,
  budget,
  reasons,
  approvals,
  injection,
  bleeding,
  audit,
];

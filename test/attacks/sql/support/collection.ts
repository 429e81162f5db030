/** The attacks on agent-written SQL, by the idea that they rest on. */
import { advisoryLocks } from '../collection/advisory-locks.js';
import { blocks } from '../collection/blocks.js';
import { catalogs } from '../collection/catalogs.js';
import { correlation } from '../collection/correlation.js';
import { cursors } from '../collection/cursors.js';
import { ddl } from '../collection/ddl.js';
import { encodings } from '../collection/encodings.js';
import { errorTexts } from '../collection/error-texts.js';
import { exhaustion } from '../collection/exhaustion.js';
import { files } from '../collection/files.js';
import { largeInput } from '../collection/large-input.js';
import { largeObjects } from '../collection/large-objects.js';
import { laterals } from '../collection/laterals.js';
import { masks } from '../collection/masks.js';
import { multiStatement } from '../collection/multi-statement.js';
import { notifications } from '../collection/notifications.js';
import { operatorsAndCasts } from '../collection/operators-and-casts.js';
import { otherSlices } from '../collection/other-slices.js';
import { plans } from '../collection/plans.js';
import { preparedPlans } from '../collection/prepared-plans.js';
import { productFunctions } from '../collection/product-functions.js';
import { replication } from '../collection/replication.js';
import { roles } from '../collection/roles.js';
import { scopeJoins } from '../collection/scope-joins.js';
import { sealedClaims } from '../collection/sealed-claims.js';
import { sequences } from '../collection/sequences.js';
import { sessionState } from '../collection/session-state.js';
import { setOperations } from '../collection/set-operations.js';
import { settings } from '../collection/settings.js';
import { shadowing } from '../collection/shadowing.js';
import { sideChannels } from '../collection/side-channels.js';
import { signals } from '../collection/signals.js';
import { sqlInText } from '../collection/sql-in-text.js';
import { transactions } from '../collection/transactions.js';
import { viewsAndRules } from '../collection/views-and-rules.js';
import { wholeRows } from '../collection/whole-rows.js';
import { writes } from '../collection/writes.js';
import type { Idea } from './attack.js';

export const ideas: readonly Idea[] = [
  settings,
  roles,
  sealedClaims,
  productFunctions,
  sqlInText,
  operatorsAndCasts,
  shadowing,
  preparedPlans,
  cursors,
  largeObjects,
  notifications,
  advisoryLocks,
  exhaustion,
  errorTexts,
  plans,
  wholeRows,
  laterals,
  correlation,
  viewsAndRules,
  scopeJoins,
  setOperations,
  writes,
  ddl,
  blocks,
  transactions,
  multiStatement,
  encodings,
  catalogs,
  masks,
  otherSlices,
  sequences,
  sideChannels,
  largeInput,
  replication,
  files,
  signals,
  sessionState,
];

/**
 * Which column says whose a row is: by its name, by how many tables carry it, and by the table it points at.
 */
import { RingfenceError } from '../../errors.js';
import type { CatalogTable } from '../catalog.js';
import { printName } from '../name.js';
import { type Candidate, candidatesOf } from './candidates.js';
import { TELLING } from './concepts.js';
import { idOf, type TenantGuess } from './guess.js';
import { namedCandidate } from './named.js';
import type { Ownership } from './ownership.js';
import { Roots } from './root.js';

/** The tenant column, and what follows from it for every table. */
export interface Tenants {
  readonly tenant: TenantGuess;
  readonly owned: ReadonlyMap<string, Ownership>;
}

/**
 * Finds the tenant column, or takes the one that was named: `customer.support_rep_id`, `org_id`, `sales."Order"."Tenant Id"`.
 *
 * Where nothing stands out, or two are as good, the likeliest is taken with low confidence and the others are named beside it.
 *
 * @throws RingfenceError `config_invalid` where no column is even likely, and where the column that was named does not exist.
 */
export function findTenants(tables: readonly CatalogTable[], named: string | undefined): Tenants {
  const roots = new Roots(tables);
  if (named !== undefined) return toTenants(namedCandidate(roots, named), 'named', true, tables.length);
  const all = candidatesOf(roots);
  const likely = all.filter(({ concept }) => concept >= 0);
  const standing = likely.filter((candidate) => stands(candidate, tables.length));
  const [best] = standing.length > 0 ? standing : likely;
  if (best === undefined) throw undecided(all, tables.length);
  const rivals = (standing.length > 0 ? standing : likely.slice(0, OTHERS_NAMED + 1)).filter(
    (other) =>
      other !== best && (standing.length === 0 || other.score > best.score * 0.9) && !isBelow(other, best),
  );
  const stood = standing.length > 0;
  if (stood && rivals.length === 0) return toTenants(best, 'found', stood, tables.length);
  return toTenants(best, rivals.slice(0, OTHERS_NAMED), stood, tables.length);
}

/** How many other columns are named where the choice is in doubt. */
const OTHERS_NAMED = 4;

/** @param how a list holds the columns that it might be as well: then the choice is in doubt */
function toTenants(
  candidate: Candidate,
  how: 'named' | 'found' | readonly Candidate[],
  stands: boolean,
  tableCount: number,
): Tenants {
  const { root, owned, columns, name, concept } = candidate;
  const share = owned.size / tableCount;
  const where = `${columns.size} of ${tableCount} tables carry it`;
  const points = root === null ? 'no key says where it points' : `it points at ${root.table.name}`;
  const doubtful = typeof how === 'object';
  const confidence = doubtful
    ? 'low'
    : how === 'named' || (concept >= 20 && root !== null && share > 0.4)
      ? 'high'
      : share > 0.4
        ? 'medium'
        : 'low';
  const opening = doubtful
    ? `NOT SURE, check this before anything else${how.length === 0 ? '' : `; it could as well be ${how.map(examplePath).join(' or ')}`}; init --tenant table.column chooses, --single says that there is but one; `
    : how === 'named'
      ? 'named on the command line; '
      : '';
  const why = `${opening}${where}, ${owned.size} belong to it in the end; ${points}`;
  return { tenant: { column: name, root, why, confidence, stands }, owned };
}

function stands({ concept, columns, root, owned }: Candidate, tableCount: number): boolean {
  const share = owned.size / tableCount;
  if (concept < 0) return false;
  if (concept >= TELLING) return (columns.size >= 2 || root !== null) && share >= 0.2;
  return columns.size >= 2 && share >= (concept > 0 ? 0.5 : 0.6);
}

/** Whether the tenants of one candidate belong to those of the other, as workspaces belong to an organization. */
function isBelow(lower: Candidate, upper: Candidate): boolean {
  return (
    lower.root !== null && lower.root.table !== upper.root?.table && upper.owned.has(idOf(lower.root.table))
  );
}

function undecided(candidates: readonly Candidate[], tableCount: number): RingfenceError {
  const list = candidates
    .slice(0, 5)
    .map(
      (candidate) =>
        `${examplePath(candidate)} (${candidate.owned.size} of ${tableCount} tables would belong to a tenant)`,
    );
  const named = list.length === 0 ? 'No column looks like one.' : `Candidates: ${list.join('; ')}.`;
  return new RingfenceError(
    'config_invalid',
    `No column stands out as the tenant of this database. ${named} Pass --tenant table.column for the column that says whose a row is, or --single if one tenant owns the whole database.`,
  );
}

function examplePath(candidate: Candidate): string {
  const [first] = [...candidate.columns].filter(
    ([id]) => candidate.root === null || id !== idOf(candidate.root.table),
  );
  if (first === undefined) return candidate.name;
  const [schema, table] = JSON.parse(first[0]) as [string, string];
  return printName([...(schema === 'public' ? [] : [schema]), table, first[1].column]);
}

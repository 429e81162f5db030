/**
 * What lies within reach of agents' SQL beside their slices. The guard keeps such things away by an allow-list; it is one layer, and
 * a function of the product's that everybody may execute with its owner's rights is all that the engine beneath would need. So the
 * tool `sql` is served only where there is nothing of that kind, or where the policy acknowledges it by name. Pure.
 */
import { RingfenceError } from '../errors.js';
import type { CompiledPolicy } from '../policy/compiled.js';
import type { CatalogExposure } from '../policy/exposure.js';
import { tableKey } from './catalog-index.js';
import type { DesiredObject } from './desired-object.js';
import { CLOSED_POLICY, FENCE_POLICY, isBoundaryPolicy, isOurRole } from './names.js';
import { type Candidate, holdersIn, type ReachKind } from './reach/candidate.js';
import { extensionCandidates } from './reach/extensions.js';
import { functionCandidates } from './reach/functions.js';
import { boundaryCandidates, relationCandidates } from './reach/relations.js';
import { rightCandidates } from './reach/rights.js';

export interface ReachFinding {
  /** Its name, stable and to be copied: `function public.total(integer)`, `table public.countries`, `extension dblink`. */
  readonly identity: string;
  readonly kind: ReachKind;
  /** What is wrong with it, for a sentence that begins with its name. */
  readonly why: string;
  /** Statements that put it out of reach; none where only taking it away does. */
  readonly mend: readonly string[];
  /** The policy's roles with the tool `sql` that reach it. */
  readonly roles: readonly string[];
  /** Whether the policy accepts it: `acknowledge.reach`. */
  readonly acknowledged: boolean;
}

/** Everything within reach of the policy's roles that have the tool `sql`, acknowledged or not. */
export function reachOf(policy: CompiledPolicy, exposure: CatalogExposure): readonly ReachFinding[] {
  const roles = [...policy.roles.values()].filter(({ sql }) => sql !== null);
  const holders = holdersIn(exposure);
  const candidates: readonly Candidate[] = [
    ...functionCandidates(exposure, holders),
    ...extensionCandidates(exposure, holders),
    ...relationCandidates(policy, exposure, holders),
    ...boundaryCandidates(policy, exposure),
    ...rightCandidates(exposure, holders),
  ];
  return candidates.flatMap(({ reaches, ...found }) => {
    const within = roles.filter(reaches).map(({ name }) => name);
    if (within.length === 0) return [];
    return [{ ...found, roles: within.sort(), acknowledged: policy.acknowledgedReach.has(found.identity) }];
  });
}

/**
 * What will be open once a policy's objects are there: an apply grants slice roles what the policy asks for, takes away what else they
 * were granted, makes its roles what they should be, and fences tables.
 */
export function exposureWith(exposure: CatalogExposure, desired: readonly DesiredObject[]): CatalogExposure {
  const usage = new Map<string, string[]>(exposure.schemas.map(({ name, usage }) => [name, others(usage)]));
  const fenced = new Set<string>();
  const ours = new Set<string>();
  const boundaries: { schema: string; name: string; roles: readonly string[] }[] = [];
  for (const { address, for: roles } of desired) {
    if (address.kind === 'schema_grant' || address.kind === 'function_grants')
      usage.set(address.schema, [...(usage.get(address.schema) ?? []), address.role]);
    if (address.kind === 'role') ours.add(address.role);
    if (address.kind !== 'policy') continue;
    const { schema, name, policy } = address;
    if (policy === FENCE_POLICY || policy === CLOSED_POLICY) fenced.add(tableKey(schema, name));
    else if (isBoundaryPolicy(policy)) boundaries.push({ schema, name, roles });
  }
  const create = new Map(
    exposure.schemas.map((schema) => [schema.name, schema.create.filter((name) => !ours.has(name))]),
  );
  return {
    ...exposure,
    schemas: [...usage].map(([name, grantees]) => ({
      name,
      usage: grantees,
      create: create.get(name) ?? [],
    })),
    functions: withoutSlices(exposure.functions),
    extensions: withoutSlices(exposure.extensions),
    relations: withoutSlices(exposure.relations).map((relation) => ({
      ...relation,
      closedTo: fenced.has(tableKey(relation.schema, relation.name)) ? [...ours] : [],
    })),
    unbound: exposure.unbound.filter((name) => !ours.has(name)),
    boundaries: byTable(boundaries),
  };
}

function byTable(boundaries: CatalogExposure['boundaries']): CatalogExposure['boundaries'] {
  const tables = new Map<string, CatalogExposure['boundaries'][number]>();
  for (const one of boundaries) {
    const key = tableKey(one.schema, one.name);
    tables.set(key, { ...one, roles: [...(tables.get(key)?.roles ?? []), ...one.roles] });
  }
  return [...tables.values()];
}

const others = (grantees: readonly string[]): string[] => grantees.filter((name) => !isOurRole(name));

function withoutSlices<Exposed extends { readonly grantees: readonly string[] }>(
  all: readonly Exposed[],
): readonly Exposed[] {
  return all.map((one) => ({ ...one, grantees: others(one.grantees) }));
}

/** How a policy accepts a finding, as a line of YAML. */
export function acknowledgement({ identity }: ReachFinding): string {
  const quoted = /[\u0000-\u001f]/.test(identity)
    ? JSON.stringify(identity)
    : `'${identity.replaceAll("'", "''")}'`;
  return `acknowledge: { reach: [${quoted}] }`;
}

/** @throws RingfenceError `database_unsafe` where something is within reach that the policy does not acknowledge. */
export function refuseReach(findings: readonly ReachFinding[]): void {
  const open = findings.filter(({ acknowledged }) => !acknowledged);
  if (open.length === 0) return;
  const lines = open.map((finding) => {
    const { identity, why, mend, roles } = finding;
    const ways = [...mend.map((sql) => `${sql};`), acknowledgement(finding)];
    return [`- ${identity} ${why}. Within reach of ${roles.join(', ')}.`, ...ways].join('\n    ');
  });
  throw new RingfenceError(
    'database_unsafe',
    `The tool sql would reach beyond the slices of its roles. Nothing was changed.\n${lines.join('\n')}`,
    {
      suggestion:
        'Run the SQL under each, and grant the right to those of the product’s roles that need it; or acknowledge it in the policy where it is harmless; or take sql from the tools of the role.',
    },
  );
}

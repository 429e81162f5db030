/**
 * Ringfence put together: one policy, one database, one gate.
 */
import { readFile } from 'node:fs/promises';
import { type Approvals, createApprovals } from './approvals/approvals.js';
import type { Boundary } from './boundary/boundary.js';
import {
  type AcrossTenantsOptions,
  type ActingForOptions,
  acrossTenants,
  actingFor,
} from './boundary/cross-tenant.js';
import type { MembershipResolver } from './boundary/membership.js';
import type { Principal } from './boundary/principal.js';
import { currentBoundary } from './boundary/propagation.js';
import {
  type ResolveOptions,
  resolveBoundary,
  type TrustedBoundaryFields,
  trustedBoundary,
} from './boundary/resolve.js';
import { reloadBoundary } from './boundary/snapshot.js';
import { servedPolicy } from './compile/served.js';
import { type EventToRecord, Gateway } from './database/gateway.js';
import { cursorKeys, type Keys, loadKeys } from './database/keys.js';
import { withGatewayLogin } from './database/login-url.js';
import type { PoolOptions } from './database/pool.js';
import { RingfenceError } from './errors.js';
import { createGuard } from './guard/guard.js';
import { type Health, healthOf } from './health.js';
import type { Anchor } from './ledger/anchors/anchor.js';
import { createRecorder } from './ledger/recorder.js';
import { type OperatorEntry, rateLimitedLog } from './operator-log.js';
import type { Catalog } from './policy/catalog.js';
import { compilePolicy } from './policy/compile.js';
import type { CompiledPolicy } from './policy/compiled.js';
import { type PolicyFile, parsePolicy } from './policy/file.js';
import { createCanaries } from './tools/canaries.js';
import { plantedCanary } from './tools/canary.js';
import { catalogueOf } from './tools/catalogue.js';
import { createCursorCodec } from './tools/cursor.js';
import { type ListedTool, toolList } from './tools/data-tools.js';
import { usableTools } from './tools/decide.js';
import type { CallOptions, Decision } from './tools/decision.js';
import type { OwnTool } from './tools/define-tool.js';
import { createEstimates } from './tools/estimates.js';
import { createEventWriter } from './tools/event-writer.js';
import { createFreshness } from './tools/freshness.js';
import { createGate, type GateParts } from './tools/gate.js';
import { createSqlReach } from './tools/sql-reach.js';
import type { AgentSqlParts } from './tools/tool.js';
import { startUpkeep } from './upkeep.js';

export interface RingfenceOptions extends PoolOptions {
  /** `postgres://host/database`, as the gateway's login with the password in the keys; or with a login of its own. */
  readonly url: string;
  /** Path of the policy file, or the file as {@link parsePolicy} read it. Default `ringfence.policy.yaml`. */
  readonly policy?: string | PolicyFile;
  /** The keys, or the path of their file. Default `.ringfence/keys.json`, or the environment's `RINGFENCE_KEYS`. */
  readonly keys?: Keys | string;
  /** A standby that reads go to. Writes and events always go to `url`. */
  readonly replicaUrl?: string;
  /** Tools of the product's own, which the policy names under `tools`. See `defineTool`. */
  readonly tools?: readonly OwnTool[];
  /** Where the ledger's checkpoints are left, out of the database's reach. See `fileAnchor`, `httpAnchor`, `witnessAnchor`. */
  readonly anchors?: readonly Anchor[];
  /** Who is a member of what. Default: the table `ringfence.membership`. */
  readonly resolver?: MembershipResolver;
  /** Told of what has no tenant to be recorded under: calls without a boundary, a sequencer that fails. Default: a line on stderr. */
  readonly onOperatorEvent?: (entry: OperatorEntry) => void;
}

export interface Ringfence {
  readonly policy: CompiledPolicy;
  /**
   * A boundary for a verified principal, through its one membership.
   * @throws {RingfenceError} See {@link resolveBoundary}.
   */
  boundaryFor(principal: Principal, options: Omit<ResolveOptions, 'policy' | 'resolver'>): Promise<Boundary>;
  /** A boundary on the word of trusted code. See {@link trustedBoundary}. */
  trustedBoundary(fields: Omit<TrustedBoundaryFields, 'policy'>): Boundary;
  /**
   * A job's boundary, out of the snapshot it was queued with: asked of the memberships again, and compared. See {@link reloadBoundary}.
   * @throws {RingfenceError} `boundary_invalid`, `boundary_expired`, `cross_tenant_refused`.
   */
  reloadBoundary(snapshot: unknown): Promise<Boundary>;
  /** A boundary for another tenant, for an agent that the policy lists. See {@link actingFor}. */
  actingFor(boundary: Boundary, tenant: string, options?: Omit<ActingForOptions, 'policy'>): Boundary;
  /** Opens one boundary after another for a job with a named grant. See {@link acrossTenants}. */
  acrossTenants<T>(
    grant: string,
    options: Omit<AcrossTenantsOptions, 'policy'>,
    work: (boundary: Boundary) => T | Promise<T>,
  ): Promise<readonly { readonly tenant: string; readonly result: T }[]>;
  /**
   * Calls a tool inside the ambient boundary (see {@link within}).
   *
   * @throws {RingfenceError} `boundary_missing`, `boundary_expired`, `boundary_invalid`; `ledger_unavailable` where the call could
   * not be recorded and so is not answered. Denials and failures are values.
   */
  call(tool: string, input: unknown, options?: CallOptions): Promise<Decision>;
  /**
   * The value of a canary that the policy names, to be planted in a row, a document or a prompt: for a tenant, where each has its own.
   * @throws {RingfenceError} `config_invalid` where the policy has no such canary, or a tenant is missing or too much.
   */
  canary(name: string, tenant?: string): string;
  /** Tells the operator, where a face has something to tell that is nobody else's. */
  readonly log: (entry: OperatorEntry) => void;
  /** Calls that wait for people, and what people say of them, inside the ambient boundary. */
  readonly approvals: Approvals;
  /** Every tool that is served, whoever may use it. */
  readonly catalogue: readonly ListedTool[];
  /** The tools that the ambient boundary may use, as a model is told of them. */
  tools(): readonly ListedTool[];
  /** How things stand, for an operator and a load balancer. Never throws: what does not answer is down. */
  health(): Promise<Health>;
  /** Makes leaves of all events that are pending now. */
  sequence(): Promise<void>;
  /** Makes leaves of all events that are pending now, and signs them where these keys do: a call for which that matters waits for it. */
  checkpoint(): Promise<void>;
  /** Waits for the calls under way, chains what is pending, and closes every connection. Make no more calls. */
  close(): Promise<void>;
}

/**
 * Opens Ringfence on a database that the policy has been applied to.
 *
 * @throws {RingfenceError} `policy_invalid`, `policy_unapplied`, `key_missing`, `config_invalid`, `database_unreachable`,
 * `database_lost`, `database_unsafe`, `database_unsupported`.
 * @example
 * ```ts
 * const ringfence = await createRingfence({ url: process.env.RINGFENCE_GATEWAY_URL ?? '' });
 * const boundary = await ringfence.boundaryFor(principal, { actor: { kind: 'agent', id: 'desk' } });
 * const decision = await within(boundary, () => ringfence.call('query', { table: 'invoice', limit: 20 }));
 * await ringfence.close();
 * ```
 */
export async function createRingfence(options: RingfenceOptions): Promise<Ringfence> {
  const keys =
    typeof options.keys === 'object' ? options.keys : await loadKeys(options.keys ?? '.ringfence/keys.json');
  const file =
    typeof options.policy === 'object'
      ? options.policy
      : await readPolicy(options.policy ?? 'ringfence.policy.yaml');
  const { replicaUrl } = options;
  const gateway = await Gateway.open({
    ...options,
    keys,
    url: withGatewayLogin(options.url, keys),
    ...(replicaUrl === undefined ? {} : { replicaUrl: withGatewayLogin(replicaUrl, keys) }),
  });
  try {
    const catalog = await gateway.catalog();
    const policy = compilePolicy(file, catalog);
    const applied = await gateway.appliedPolicy();
    if (applied !== policy.hash) {
      throw new RingfenceError(
        'policy_unapplied',
        applied === null
          ? 'No policy has been applied to this database. Run: ringfence apply'
          : 'The database enforces another version of this policy. See what differs with "ringfence plan", then run "ringfence apply".',
      );
    }
    const log = rateLimitedLog(options.onOperatorEvent);
    const served = servedPolicy(policy, await gateway.sliceViews());
    if (served.waiting.length > 0) {
      log({
        kind: 'policy_waits',
        message: `The database has changed since the policy was applied. Not served until "ringfence apply" runs again: ${served.waiting.join(', ')}`,
      });
    }
    const agentSql = await guardOf(policy, catalog);
    const sqlReach = createSqlReach({
      policy: served.policy,
      exposure: catalog.exposure,
      read: () => gateway.exposure(),
      log,
    });
    return assemble(served.policy, gateway, keys, log, { ...options, agentSql, sqlReach });
  } catch (error) {
    await gateway.close();
    throw gateway.explain(error);
  }
}

function assemble(
  policy: CompiledPolicy,
  gateway: Gateway,
  keys: Keys,
  log: (entry: OperatorEntry) => void,
  {
    resolver: given,
    tools: own = [],
    anchors = [],
    agentSql,
    sqlReach,
  }: Pick<RingfenceOptions, 'resolver' | 'tools' | 'anchors'> & Pick<GateParts, 'agentSql' | 'sqlReach'>,
): Ringfence {
  const catalogue = catalogueOf(policy, own);
  for (const { name, manifest } of catalogue.changed) {
    log({
      kind: 'tool_changed',
      message: `The tool ${name} is not what the policy accepted, and is not served. To accept it: manifest: ${manifest}`,
    });
  }
  const recorder = createRecorder<EventToRecord>({ send: (batch) => gateway.record(batch) });
  const upkeep = startUpkeep({ policy, gateway, keys, anchors, log });
  const canaries = createCanaries(policy, keys.ledgerKey);
  const gate = createGate({
    policy,
    gateway,
    recorder,
    tools: catalogue.tools,
    cursors: createCursorCodec(cursorKeys(keys)),
    agentSql,
    sqlReach,
    estimates: createEstimates(),
    freshness: createFreshness({ policy, read: () => gateway.refreshedViews(), log }),
    events: createEventWriter(keys.ledgerKey, policy, canaries),
    canaries,
    ledgerKey: keys.ledgerKey,
    log,
  });
  const approvals = createApprovals({
    policy,
    store: gateway.approvals,
    recorder,
    ledgerKey: keys.ledgerKey,
  });
  const underWay = new Set<Promise<unknown>>();
  const resolver: MembershipResolver = given ?? {
    memberships: (principal) => gateway.memberships(principal.user),
  };
  return {
    policy,
    catalogue: toolList(undefined, catalogue.tools),
    canary: (name, tenant) => plantedCanary(policy.canaries, keys.ledgerKey, name, tenant ?? null).value,
    approvals,
    log,
    boundaryFor: (principal, given) => resolveBoundary(principal, { ...given, policy, resolver }),
    trustedBoundary: (fields) => trustedBoundary({ ...fields, policy }),
    reloadBoundary: (snapshot) => reloadBoundary(snapshot, { resolver, policy }),
    actingFor: (boundary, tenant, given = {}) => actingFor(boundary, tenant, { ...given, policy }),
    acrossTenants: (grant, given, work) => acrossTenants(grant, { ...given, policy }, work),
    call: async (tool, input, given) => {
      let boundary: Boundary;
      try {
        boundary = currentBoundary();
      } catch (error) {
        // There is no tenant whose ledger this could go to.
        log({
          kind: 'call_without_boundary',
          message: `A call to "${tool.slice(0, 60)}" had no open boundary.`,
          cause: error,
        });
        throw error;
      }
      const calling = gate.call(boundary, tool, input, given);
      underWay.add(calling);
      try {
        return await calling;
      } finally {
        underWay.delete(calling);
      }
    },
    tools: () => {
      const boundary = currentBoundary();
      const role = policy.roles.get(boundary.role);
      return role === undefined ? [] : toolList(usableTools(policy, role, boundary), catalogue.tools);
    },
    health: () => healthOf(gateway, policy.hash),
    sequence: () => upkeep.sequence(),
    checkpoint: () => upkeep.checkpoint(),
    close: async () => {
      await upkeep.pause();
      // Each of them still has its event to write.
      while (underWay.size > 0) await Promise.allSettled(underWay);
      await recorder.close();
      await upkeep.finish();
      await gateway.close();
    },
  };
}

/** The guard brings PostgreSQL's parser along: only where some role writes SQL. */
async function guardOf(policy: CompiledPolicy, { serverVersion }: Catalog): Promise<AgentSqlParts | null> {
  const isUsed = [...policy.roles.values()].some(({ sql }) => sql !== null);
  return isUsed ? { guard: await createGuard(), serverMajor: Math.floor(serverVersion / 10_000) } : null;
}

async function readPolicy(path: string): Promise<PolicyFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new RingfenceError(
      'config_invalid',
      `Cannot read the policy file ${path}. "ringfence init" writes one.`,
      { cause: error },
    );
  }
  return parsePolicy(text, { filename: path });
}

/**
 * The gate: the one path that every tool call takes.
 *
 * boundary open? → may role and plan use the tool? → input valid, and inside the slice? → not too much? → approved? → sealed statement in
 * PostgreSQL → event durable → answer. Every "no" on the way is an event as well, and no answer leaves before its event is durable.
 * How a call runs is in `execute-read.ts`, `execute-write.ts` and `execute-sql.ts`.
 */
import { performance } from 'node:perf_hooks';
import { uuidv7 } from 'uuidv7';
import { assertBoundary, type Boundary } from '../boundary/boundary.js';
import type { Gateway } from '../database/gateway.js';
import { type Denial, RingfenceError } from '../errors.js';
import { type AnswerParts, Answers, type Call } from './answers.js';
import type { Canaries } from './canaries.js';
import { createCanaryWatch } from './canary-watch.js';
import { type Decided, type DecisionParts, decide } from './decide.js';
import type { CallOptions, Decision } from './decision.js';
import { createDescriptions } from './descriptions.js';
import type { Estimates } from './estimates.js';
import { executeOwn } from './execute-own.js';
import { executeRead } from './execute-read.js';
import { executeSql } from './execute-sql.js';
import { executeWrite } from './execute-write.js';
import type { ExecutionParts } from './execution.js';
import type { FreshnessOf } from './freshness.js';
import type { SqlReach } from './sql-reach.js';
import type { Failure } from './tool.js';

export interface GateParts extends DecisionParts, AnswerParts {
  /** What to look for in every call and every answer; null where the policy names nothing. */
  readonly canaries: Canaries | null;
  readonly gateway: Gateway;
  readonly estimates: Estimates;
  readonly freshness: FreshnessOf;
  readonly sqlReach: SqlReach;
  readonly ledgerKey: Uint8Array;
}

export interface Gate {
  /**
   * Calls a tool inside a boundary.
   *
   * @throws {RingfenceError} `boundary_invalid`, `boundary_expired`; `ledger_unavailable` where the call could not be recorded: then
   * it is not answered either. Everything else is a {@link Decision}.
   */
  call(boundary: Boundary, tool: string, input: unknown, options?: CallOptions): Promise<Decision>;
}

/**
 * Calls under way up to which a read brings its event along, in its own commit. Beyond, events are made durable in groups: that costs
 * a round trip more and far fewer commits.
 */
const ALONE = 2;

const UNEXPECTED: Failure = {
  code: 'internal',
  reason: 'The call failed.',
  suggestion: 'The operator finds the cause in the log under the event id.',
};

export function createGate(parts: GateParts): Gate {
  let inFlight = 0;
  const { policy, gateway, estimates, sqlReach } = parts;
  const answers = new Answers(parts);
  const watch = createCanaryWatch(parts.canaries, answers, parts.log);
  const execution: ExecutionParts = {
    policy,
    gateway,
    estimates,
    descriptions: createDescriptions(),
    answers,
    watch,
    sqlReach,
    ledgerKey: parts.ledgerKey,
  };

  const execute = async (asked: Call, decided: Decided): Promise<Decision> => {
    const { tool, prepared } = decided;
    // Before the call reads: what is read afterwards is no older.
    const asking = prepared.kind === 'local' ? undefined : parts.freshness(prepared.tables);
    const call: Call = asking === undefined ? asked : { ...asked, freshness: await asking };
    const rule = `roles.${call.role.name}.tools.${tool.name}`;
    try {
      switch (prepared.kind) {
        case 'local':
          return await answers.recordAndAllow(
            call,
            rule,
            prepared,
            prepared.answer({ fields: [], rows: [] }),
          );
        case 'read':
          return await executeRead(execution, { ...decided, call, rule, prepared }, inFlight <= ALONE);
        case 'write':
          return await executeWrite(execution, { ...decided, call, rule, prepared });
        case 'sql':
          return await executeSql(execution, { ...decided, call, rule, prepared });
        case 'own':
          return await executeOwn(execution, { ...decided, call, rule, prepared });
      }
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== null) return answers.fail(call, rule, failure, prepared);
      if (error instanceof RingfenceError) throw error;
      // A defect of ours, or a connection that broke where nobody expected it. The call may have been recorded by then.
      answers.tellOperator(call, UNEXPECTED, error);
      return answers.failUnlessRecorded(call, rule, UNEXPECTED, prepared);
    }
  };

  return {
    async call(boundary, action, input, options = {}) {
      const startedAt = performance.now();
      assertBoundary(boundary);
      if (boundary.policyHash !== policy.hash) {
        throw new RingfenceError(
          'boundary_invalid',
          'This boundary was made under another policy. Resolve it again.',
        );
      }
      const role = policy.roles.get(boundary.role);
      if (role === undefined) {
        throw new RingfenceError(
          'boundary_invalid',
          "The policy no longer has this boundary's role. Resolve it again.",
        );
      }
      const call: Call = { boundary, role, action, input, options, event: uuidv7(), startedAt };

      let decided: Decided | Denial | (() => Promise<Decision>);
      try {
        decided = watch.asked(call) ?? decide(call, parts);
      } catch (cause) {
        // An input that cannot even be read, or a defect of ours: nothing has run, and the ledger hears of it all the same.
        parts.log({
          kind: 'call_failed',
          message: `Event ${call.event}: the call could not be prepared.`,
          cause,
        });
        const failure = { code: 'internal', reason: 'The call could not be prepared.' } as const;
        return answers.fail(call, 'gate.prepare', failure, null);
      }
      if (typeof decided === 'function') return decided();
      if ('rule' in decided) return watch.answered(call, await answers.refuse(call, decided), 'read');
      inFlight++;
      try {
        return await watch.answered(call, await execute(call, decided), decided.tool.effect);
      } finally {
        inFlight--;
      }
    },
  };
}

function failureOf(error: unknown): Failure | null {
  if (!(error instanceof RingfenceError)) return null;
  if (error.code === 'database_busy')
    return { code: 'busy', reason: error.message, suggestion: 'Try again in a moment.' };
  if (error.code === 'database_unreachable') {
    return {
      code: 'database_unavailable',
      reason: 'The database cannot be reached at the moment.',
      suggestion: 'Try again later.',
    };
  }
  return null;
}

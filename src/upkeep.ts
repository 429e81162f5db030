/** What goes on in the background while Ringfence is open: chaining, signing, leaving checkpoints elsewhere, refreshing, deadlines. */
import { startSweeper } from './approvals/sweeper.js';
import { type BackgroundWork, startBackgroundWork } from './background-work.js';
import type { Gateway } from './database/gateway.js';
import type { Keys } from './database/keys.js';
import { type Refresher, startRefresher } from './database/refresher.js';
import { RingfenceError } from './errors.js';
import type { Anchor } from './ledger/anchors/anchor.js';
import { startAnchoring } from './ledger/anchors/anchoring.js';
import { checkpointKeys, startCheckpointer } from './ledger/checkpointer.js';
import { OPERATOR_LOG } from './ledger/make-checkpoint.js';
import type { OperatorEntry } from './operator-log.js';
import type { CompiledPolicy } from './policy/compiled.js';

export interface UpkeepParts {
  readonly policy: CompiledPolicy;
  readonly gateway: Gateway;
  readonly keys: Keys;
  readonly anchors: readonly Anchor[];
  readonly log: (entry: OperatorEntry) => void;
}

export interface Upkeep {
  /** Resolves once everything that is pending now is chained. */
  sequence(): Promise<void>;
  /** Resolves once everything that is pending now is chained, and signed where these keys do. */
  checkpoint(): Promise<void>;
  /** Ends what nobody waits for: refreshing views, and writing down which deadlines have passed. */
  pause(): Promise<void>;
  /** Chains, signs and leaves elsewhere what there is, and ends. Nothing that fails is lost: the next process goes on with it. */
  finish(): Promise<void>;
}

/** Starts all of it. No timer keeps a process alive. */
export function startUpkeep({ policy, gateway, keys, anchors, log }: UpkeepParts): Upkeep {
  const unchained = (cause: unknown): void => log({ kind: 'sequencer_failed', message: NOT_CHAINED, cause });
  const unsigned = (cause: unknown): void => log({ kind: 'checkpoint_failed', message: NOT_SIGNED, cause });
  const sequencer = startBackgroundWork({ run: (atMost) => gateway.sequence(atMost), onError: unchained });
  const checkpointer = checkpointerOf(keys, gateway, log, unsigned);
  const anchoring = anchoringOf(anchors, gateway, log);
  const refresher = refresherOf(policy, gateway, log);
  const sweeper = sweeperOf(policy, gateway, log);
  return {
    sequence: () => sequencer.flush(),
    checkpoint: async () => {
      await sequencer.flush();
      await checkpointer?.flush();
    },
    pause: async () => {
      await refresher?.stop();
      await sweeper?.stop();
    },
    finish: async () => {
      await sequencer.flush().catch(unchained);
      await sequencer.stop();
      await checkpointer?.flush().catch(unsigned);
      await checkpointer?.stop();
      await Promise.allSettled(anchoring.map((anchor) => anchor.flush()));
      await Promise.all(anchoring.map((anchor) => anchor.stop()));
    },
  };
}

const NOT_CHAINED = 'Events wait to be chained.';
const NOT_SIGNED = 'Events wait to be covered by a checkpoint.';

/** Signs what is chained, where the keys can. */
function checkpointerOf(
  { checkpoint }: Keys,
  gateway: Gateway,
  log: (entry: OperatorEntry) => void,
  onError: (cause: unknown) => void,
): BackgroundWork | null {
  if (checkpoint === null) return null;
  return startCheckpointer({
    keys: checkpointKeys(checkpoint),
    round: (passedOver, sign) => gateway.checkpoint(passedOver, sign),
    onTampered: (cause) =>
      log({ kind: 'ledger_tampered', message: 'A stream is not what was signed before.', cause }),
    onError,
  });
}

/** Leaves what is signed where the database's administrators cannot change it. */
function anchoringOf(
  anchors: readonly Anchor[],
  gateway: Gateway,
  log: (entry: OperatorEntry) => void,
): readonly BackgroundWork[] {
  return startAnchoring({
    anchors,
    newest: () => gateway.newestCheckpoint(OPERATOR_LOG),
    tiles: async ({ level, index }) => {
      const hashes = await gateway.tile(OPERATOR_LOG, level, index);
      if (hashes === null)
        throw new RingfenceError('ledger_tampered', 'The tree of checkpoints lacks a part.');
      return hashes;
    },
    keep: (size, lines) => gateway.cosign(OPERATOR_LOG, size, lines),
    onFailure: (name, cause) => {
      const tampered = cause instanceof RingfenceError && cause.code === 'ledger_tampered';
      const message = tampered ? cause.message : `The newest checkpoint could not be left with ${name}.`;
      log({ kind: tampered ? 'ledger_tampered' : 'anchor_failed', message, cause });
    },
  });
}

/** Refreshes what the policy has refreshed. What goes wrong is the operator's: agents go on reading the rows that there are. */
function refresherOf(
  { tables }: CompiledPolicy,
  gateway: Gateway,
  log: (entry: OperatorEntry) => void,
): Refresher | null {
  if (![...tables.values()].some(({ refreshMinutes }) => refreshMinutes !== null)) return null;
  return startRefresher({
    next: () => gateway.nextDueView(),
    refresh: (view, signal) => gateway.refreshView(view, signal),
    onFailure: ({ schema, view }, failure) =>
      log({
        kind: 'refresh_failed',
        message: `${schema}.${view} could not be refreshed${failure instanceof Error ? '' : ` (SQLSTATE ${failure.sqlstate})`}. Its rows stay as they are until a later try succeeds.`,
        cause: failure instanceof Error ? failure : new Error(failure.message),
      }),
    onError: (cause) =>
      log({ kind: 'refresh_failed', message: 'Which materialised views are due could not be read.', cause }),
  });
}

/** Ends what nobody decided in time, where the policy has something for people to decide. */
function sweeperOf(
  policy: CompiledPolicy,
  gateway: Gateway,
  log: (entry: OperatorEntry) => void,
): BackgroundWork | null {
  if (policy.approvals.length === 0) return null;
  return startSweeper({
    expire: (atMost) => gateway.approvals.expire(atMost),
    onError: (cause) =>
      log({
        kind: 'approvals_unswept',
        message: 'Approvals whose deadline has passed could not be written down. No call is made on one.',
        cause,
      }),
  });
}

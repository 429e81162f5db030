/**
 * Whether the tool `sql` may be served to a role at this moment: nothing lies within reach of its slice role beside the slice, but what
 * the policy names or acknowledges. A product adds functions and grants without telling anybody, so the question is asked again and again.
 */
import { performance } from 'node:perf_hooks';
import { type ReachFinding, reachOf } from '../compile/reach.js';
import { type Denial, deny } from '../errors.js';
import type { OperatorEntry } from '../operator-log.js';
import type { CompiledPolicy, CompiledRole } from '../policy/compiled.js';
import type { CatalogExposure } from '../policy/exposure.js';

export interface SqlReach {
  /** Asked before each statement; cheap, for the database is read at most once a minute. False: answer {@link outOfReach}. */
  allows(role: CompiledRole): Promise<boolean>;
}

export interface SqlReachParts {
  readonly policy: CompiledPolicy;
  /** What was open when Ringfence opened. */
  readonly exposure: CatalogExposure;
  /** Reads again what is open. Where it fails, so does the call that asked. */
  readonly read: () => Promise<CatalogExposure>;
  readonly log: (entry: OperatorEntry) => void;
}

/** Milliseconds that what was read is believed for. */
const BELIEVED_MS = 60_000;

export function createSqlReach({ policy, exposure, read, log }: SqlReachParts): SqlReach {
  const judge = (open: CatalogExposure): ReadonlySet<string> => {
    const findings = reachOf(policy, open).filter(({ acknowledged }) => !acknowledged);
    const roles = new Set(findings.flatMap((finding) => finding.roles));
    if (roles.size > 0) log({ kind: 'sql_withheld', message: inWords([...roles], findings) });
    return roles;
  };
  let withheld = judge(exposure);
  let readAt = performance.now();
  let reading: Promise<void> | undefined;

  const readAgain = async (): Promise<void> => {
    const began = performance.now();
    withheld = judge(await read());
    readAt = began;
  };

  return {
    async allows(role) {
      if (performance.now() - readAt >= BELIEVED_MS) {
        reading ??= readAgain().finally(() => {
          reading = undefined;
        });
        await reading;
      }
      return !withheld.has(role.name);
    },
  };
}

/** What a role is told whose `sql` is withheld. It names nothing: what is open is the operator's to know. */
export function outOfReach(): Denial {
  return deny(
    'tool_not_allowed',
    'sql.reach',
    'The tool sql is switched off until the operator has looked at this database.',
    'Use the other tools meanwhile.',
  );
}

function inWords(roles: readonly string[], findings: readonly ReachFinding[]): string {
  const found = findings.map(({ identity, why }) => `${identity} ${why}`).join('; ');
  return `The tool sql is withheld from ${roles.join(', ')}: ${found}. "ringfence plan" says how to mend each, or to accept it.`;
}

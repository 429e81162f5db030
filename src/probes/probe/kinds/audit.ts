import type { Attempt, CallToFind } from '../attempt.js';
import type { Probe, ProbeCase } from '../contract.js';
import type { Ground } from '../ground.js';

/** The ledger: every call of this run has its event, with the same decision, and the chains that it went into prove themselves. */
export const audit: Probe = {
  id: 'audit',
  title: 'an event for every call of this run, refusals too, in chains that verify',
  advice:
    'Run "ringfence audit verify", and find out what else writes to schema ringfence. A call without an event must not be answered.',
  none: 'there is no gate',
  last: true,
  cases: ({ ledger }) => [
    {
      subject: { role: '*', tool: '*' },
      run: async (attempt: Attempt) => {
        if (typeof ledger === 'string') attempt.skip(ledger);
        await events(attempt, attempt.ground, ledger);
      },
    },
    ...(['ours', 'theirs'] as const).map(
      (side): ProbeCase => ({
        subject: { role: '*', tool: `the ledger of ${side === 'ours' ? 'our' : 'the other'} tenant` },
        run: async (attempt: Attempt) => {
          if (typeof ledger === 'string') attempt.skip(ledger);
          await attempt.ground.ringfence.sequence();
          attempt.looked();
          for (const verdict of await ledger.verify(attempt.ground[side].tenant)) {
            if (verdict.verdict !== 'intact' && verdict.verdict !== 'empty')
              attempt.fault(
                `A stream of the ledger does not verify: ${verdict.verdict} at event ${verdict.seq}.`,
                [],
              );
          }
        },
      }),
    ),
  ],
};

/** Calls that are told of one by one. */
const TOLD = 5;

async function events(
  attempt: Attempt,
  { runId }: Ground,
  ledger: Exclude<Ground['ledger'], string>,
): Promise<void> {
  const calls = attempt.allCalls;
  const found = await ledger.eventsOf(
    runId,
    calls.map(({ event }) => event),
  );
  attempt.looked();
  const missing = calls.filter(({ event }) => !found.has(event));
  if (missing.length > 0) {
    attempt.fault(`${missing.length} of ${calls.length} calls have no event: ${tell(missing)}.`, []);
  }
  const other = calls.filter((call) => {
    const event = found.get(call.event);
    if (event === undefined) return false;
    // A call that lost its connection may have been recorded as something else before it failed.
    if (call.effect === 'failed') return event.action !== call.tool;
    return (
      event.action !== call.tool ||
      event.effect !== call.effect ||
      (call.effect === 'denied' && event.code !== call.code)
    );
  });
  if (other.length > 0)
    attempt.fault(`${other.length} events tell of another decision than was given: ${tell(other)}.`, []);
}

function tell(calls: readonly CallToFind[]): string {
  const named = calls.slice(0, TOLD).map(({ tool, effect, event }) => `${tool} (${effect}) ${event}`);
  return `${named.join(', ')}${calls.length > TOLD ? ' and others' : ''}`;
}

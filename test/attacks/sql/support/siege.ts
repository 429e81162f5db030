/**
 * Neither guard nor executor: the text goes to a session that has opened a genuine seal and become the slice role, as no tool of
 * Ringfence’s ever sends it. What it comes to shows what the database holds by itself.
 */
import type { GovernedWorld } from './governed-world.js';
import { ReusedClient } from './reused-client.js';

export interface Siege {
  /** Everything that came back: rows, messages, details, notices. */
  readonly said: string;
  /** Whose boundary is open afterwards: the tenant’s, or nobody’s. */
  readonly boundary: string;
  /** All that the slice shows afterwards. */
  readonly seen: string;
}

export interface Besieged {
  attack(text: string, timeoutMs: number): Promise<Siege>;
  end(): Promise<void>;
}

const ENTER =
  "select ringfence.enter($1), set_config('role', $2, true), set_config('statement_timeout', $3, true), set_config('transaction_read_only', 'on', true)";

const OPEN = `select coalesce((ringfence.tenant('support') || ', ' || ringfence.user_id('support')), 'nobody')
  || coalesce(' and ' || ringfence.tenant('finance'), '') as boundary`;

const SEEN = ['customer', 'ticket', 'ticket_note', 'memo', 'ticket_summary']
  .map((view) => `select row_to_json(v)::text from slice_support.${view} v`)
  .join(' union all ');

export function besieged(world: GovernedWorld): Besieged {
  const login = { name: 'ringfence_gateway', password: world.governed.keys.gatewayPassword };
  const client = new ReusedClient(() => world.database.connect(login));
  return {
    attack: (text, timeoutMs) =>
      client.use(async ({ say, backend }) => {
        await say('begin');
        await say(ENTER, [
          world.claims.make(world.boundary, backend),
          world.role.sliceRole,
          String(timeoutMs),
        ]);
        await say('savepoint siege');
        const ask = async (sql: string): Promise<string> => {
          const { said, state } = await say(sql);
          if (state !== 'ok') await say('rollback to savepoint siege');
          return said;
        };
        const said = await ask(text);
        // What an attack made the server chatty with comes before the answer.
        const boundary = (await ask(OPEN)).split('\n').at(-1) ?? '';
        return { said, boundary, seen: await ask(SEEN) };
      }),
    end: () => client.end(),
  };
}

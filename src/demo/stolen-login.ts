import type { Administrator } from '../database/administrator.js';
import { createClaimMaker } from '../database/claim.js';
import type { Act } from './acts.js';
import type { Outcome } from './script.js';
import { THEIRS } from './tenants.js';
import { rowsOf, without } from './without.js';

/** What remains when everything above the database is bypassed. */
export const stolenLogin: Act = {
  title: "7  Around the gate: raw SQL with the gateway's stolen password",
  about:
    'No library, no gate: psql, so to speak, as ringfence_gateway. First without a seal; then with a real one, as if a tool had forgotten its conditions, so that the database stands alone.',
  async play(stage, script, { ada, ben, theirs }) {
    const thief = await stage.stolenLogin();
    const select = 'select * from slice_support.ticket';
    await script.outside({
      what: 'reads a table of the product',
      held: 'slice',
      expect: 'SQLSTATE 42501',
      attempt: () => outcomeOf(thief, ['select * from public.ticket']),
      because: 'The login has no right on any table.',
      without: without(
        stage.product,
        'select * from public.ticket',
        [],
        (rows) => `the product's own password reads ${rowsOf(rows)}`,
      ),
    });
    await script.outside({
      what: 'becomes the slice role and reads its view',
      held: 'seal',
      expect: '0 rows',
      attempt: () => outcomeOf(thief, ['set local role ringfence_slice_support', select]),
      because: 'It may become that role. With no seal open, every row belongs to somebody else.',
    });
    await script.outside({
      what: 'writes a seal by hand',
      held: 'seal',
      expect: '0 rows',
      attempt: () =>
        outcomeOf(thief, [
          `select set_config('ringfence.seal', concat_ws(chr(31), '${THEIRS}', 'front-desk', 'cleo', 'support', 'r', 'agent', 'a', '', 't_', 'u_', repeat('0', 64)), true)`,
          'set local role ringfence_slice_support',
          select,
        ]),
    });
    const genuine = await sealedConnection(stage);
    const seal = await genuine.sealOf(ada);
    await script.outside({
      what: 'replays a seal from a finished transaction',
      held: 'seal',
      expect: '0 rows',
      attempt: () =>
        outcomeOf(genuine.connection, [
          `select set_config('ringfence.seal', '${seal}', true)`,
          'set local role ringfence_slice_support',
          select,
        ]),
      because: 'It was real, and on this very connection: but a seal verifies in its own transaction only.',
    });
    await script.outside({
      what: 'replays a signed claim caught on the wire',
      held: 'seal',
      expect: 'SQLSTATE 28000',
      attempt: () => outcomeOf(thief, [`select ringfence.enter('${genuine.claim(ada)}')`]),
      because: 'A claim is good for seconds, and for the backend that it was made for.',
    });
    await script.outside({
      what: 'becomes the role that owns the views',
      held: 'slice',
      expect: 'SQLSTATE 42501',
      attempt: () => outcomeOf(thief, ['set local role ringfence_view_support']),
    });
    await script.outside({
      what: 'switches row-level security off',
      held: 'row-level security',
      expect: 'SQLSTATE 42501',
      attempt: () =>
        outcomeOf(thief, ['set local row_security = off', 'set local role ringfence_slice_support', select]),
    });
    await thief.close();

    const alone = (
      what: string,
      statements: readonly string[],
      expect: string,
      held: 'row-level security' | 'seal',
      because?: string,
    ) =>
      script.outside({
        what,
        held,
        expect,
        attempt: () =>
          outcomeOf(genuine.connection, [`select ringfence.enter('${genuine.claim(ada)}')`, ...statements]),
        ...(because === undefined ? {} : { because }),
      });
    const asSupport = 'set local role ringfence_slice_support';
    await alone(
      'sealed for Dental: every ticket',
      [asSupport, select],
      '6 rows',
      'row-level security',
      "Northstar Dental's own six of the thirty-six there are: row-level security alone saw to that.",
    );
    await alone(
      'sealed for Dental: every ticket of Design',
      [asSupport, `${select} where organization_id = '${THEIRS}'`],
      '0 rows',
      'row-level security',
    );
    await alone(
      'sealed for Dental: sets a contact of Design',
      [asSupport, `update slice_support.ticket set contact_id = ${theirs.contact}`],
      'SQLSTATE 42501',
      'row-level security',
    );
    await alone(
      "sealed as support: becomes the team lead's role",
      ['set local role ringfence_slice_team_lead', 'select * from slice_team_lead.ticket'],
      '0 rows',
      'seal',
      "A seal opens one role's slice.",
    );
    await alone(
      "sealed as Ada: opens Ben's boundary on top",
      [`select ringfence.enter('${genuine.claim(ben)}')`],
      'SQLSTATE 25001',
      'seal',
    );
    await genuine.connection.close();
  },
};

/** A connection for which genuine claims can be made, since the demo has the keys; nobody else does. */
async function sealedConnection(stage: Parameters<Act['play']>[0]) {
  const connection = await stage.stolenLogin();
  const { rows } = await connection.query('select ringfence.domain() as domain, pg_backend_pid() as pid');
  const claims = createClaimMaker(stage.keys, String(rows[0]?.domain));
  const claim = (boundary: Parameters<typeof claims.make>[0]): string =>
    claims.make(boundary, Number(rows[0]?.pid));
  return {
    connection,
    claim,
    /** The seal that such a claim opens, from a transaction that has ended. */
    sealOf: async (boundary: Parameters<typeof claims.make>[0]): Promise<string> => {
      await connection.query('begin');
      await connection.query(`select ringfence.enter('${claim(boundary)}')`);
      const { rows: found } = await connection.query(`select current_setting('ringfence.seal') as seal`);
      await connection.query('rollback');
      return String(found[0]?.seal);
    },
  };
}

/** Runs statements in a transaction that is rolled back: how many rows the last one met, or the SQLSTATE of the first that failed. */
async function outcomeOf(connection: Administrator, statements: readonly string[]): Promise<Outcome> {
  await connection.query('begin');
  try {
    let met = 0;
    for (const statement of statements) met = (await connection.client.query(statement)).rowCount ?? 0;
    return { result: met === 1 ? '1 row' : `${met} rows` };
  } catch (error) {
    return refusedBy(error);
  } finally {
    await connection.query('rollback');
  }
}

/** PostgreSQL's refusal, in its own words. */
export function refusedBy(error: unknown): Outcome {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code !== 'string') throw error;
  return { result: `SQLSTATE ${code}`, said: `PostgreSQL: ${String(message)}` };
}

import type { Administrator } from '../database/administrator.js';
import { readStreams, verifyLedger } from '../ledger/read.js';
import type { StreamHead } from '../ledger/verify.js';
import type { Act } from './acts.js';
import type { Outcome } from './script.js';
import { refusedBy } from './stolen-login.js';

/** Hands on the record. */
export const tampering: Act = {
  title: '8  Covering its tracks',
  about:
    "Every call above left an event in its tenant's chain, the denied ones too. First the stolen login tries to erase them, then the superuser does, who can do anything. What is changed is taken back afterwards.",
  async play(stage, script, { ada }) {
    const thief = await stage.stolenLogin();
    await script.outside({
      what: 'the stolen login deletes events',
      held: 'ledger',
      expect: 'SQLSTATE 42501',
      attempt: () => refusalOf(thief, 'delete from ringfence.leaf'),
    });
    await thief.close();

    await stage.ringfence.checkpoint();
    const { superuser } = stage;
    await script.outside({
      what: 'the superuser deletes events',
      held: 'ledger',
      expect: 'SQLSTATE 42501',
      attempt: () => refusalOf(superuser, 'delete from ringfence.leaf'),
      because: 'A trigger refuses every change to a leaf: a superuser has to remove it first, and mean it.',
    });
    const retained = await headsOf(superuser);
    await script.outside({
      what: 'the superuser turns a denial into a permission',
      held: 'ledger',
      expect: 'tampered',
      saying: /leaf_hash/,
      attempt: () =>
        verdictAfter(superuser, ada.tenant, retained, [
          `update ringfence.leaf set leaf = convert_to(replace(convert_from(leaf, 'UTF8'), '"denied"', '"allowed"'), 'UTF8')
           where event_id = (select event_id from ringfence.leaf where convert_from(leaf, 'UTF8') like '%tenant_named%' limit 1)`,
        ]),
    });
    await script.outside({
      what: 'the superuser takes one event out of the middle',
      held: 'ledger',
      expect: 'tampered',
      saying: /gap/,
      attempt: () =>
        verdictAfter(superuser, ada.tenant, retained, [
          'delete from ringfence.leaf where (log, seq) in (select log, 5 from ringfence.stream)',
        ]),
    });
    await script.outside({
      what: 'the superuser cuts the end off, heads and all',
      held: 'ledger',
      expect: 'truncated',
      attempt: () =>
        verdictAfter(superuser, ada.tenant, retained, [
          'delete from ringfence.leaf l using ringfence.stream s where s.log = l.log and l.seq > s.seq - 3',
          `update ringfence.stream s set seq = l.seq, hash = l.hash from ringfence.leaf l
           where l.log = s.log and l.seq = (select max(m.seq) from ringfence.leaf m where m.log = s.log)`,
        ]),
      because:
        'The shorter chain agrees with itself, and not with its checkpoint: the key that signs is not in the database.',
    });
  },
};

/** The end of every stream, as somebody notes it down elsewhere. */
async function headsOf(source: Administrator): Promise<Map<string, StreamHead>> {
  const streams = await readStreams(source);
  return new Map(streams.flatMap(({ log, head }) => (head === null ? [] : [[log, head] as const])));
}

async function refusalOf(connection: Administrator, statement: string): Promise<Outcome> {
  await connection.query('begin');
  try {
    await connection.query(statement);
    return { result: 'done' };
  } catch (error) {
    return refusedBy(error);
  } finally {
    await connection.query('rollback');
  }
}

/** What verification says of a tenant's stream while statements have been at it. They are rolled back. */
async function verdictAfter(
  superuser: Administrator,
  tenant: string,
  retained: ReadonlyMap<string, StreamHead>,
  statements: readonly string[],
): Promise<Outcome> {
  const own = (await readStreams(superuser))
    .filter((stream) => stream.tenant === tenant)
    .map(({ log }) => log);
  await superuser.query('begin');
  try {
    await superuser.query('alter table ringfence.leaf disable trigger append_only');
    for (const statement of statements) await superuser.query(statement);
    for await (const verdict of verifyLedger(superuser, { tenant, retained })) {
      if (!own.includes(verdict.log)) continue;
      return {
        result: verdict.verdict,
        ...(verdict.verdict === 'tampered'
          ? { said: `audit verify: ${verdict.what} at event ${verdict.seq}` }
          : {}),
      };
    }
    return { result: 'no stream' };
  } finally {
    await superuser.query('rollback');
  }
}

import type { Act } from './acts.js';
import { without } from './without.js';

/** Columns that are denied, and columns that are masked. */
export const hiddenColumns: Act = {
  title: '4  Secrets and personal data in its own rows',
  about:
    'Inside the boundary there is still what an agent need not see. Denied columns do not exist for it. Masks are computed beneath filters and sorting, so that nothing can be guessed back.',
  async play({ product, superuser }, script, { ada, ours }) {
    const { rows } = await superuser.query('select email, phone from public.contact where id = $1', [
      ours.contact,
    ]);
    const email = String(rows[0]?.email);
    const phone = String(rows[0]?.phone);
    await script.call({
      what: 'reads the API token of its organization',
      tool: 'query',
      input: { table: 'organization', columns: ['name', 'api_token'] },
      as: ada,
      expect: 'unknown_column',
      held: 'slice',
      without: without(
        product,
        'select api_token from public.organization where id = $1',
        [ada.tenant],
        ([row]) => `${String(row?.api_token).slice(0, 9)}…, the whole token`,
      ),
    });
    await script.call({
      what: 'guesses a password by filtering on it',
      tool: 'query',
      input: { table: 'contact', columns: ['id'], where: { portal_password: { prefix: 'plain-' } } },
      as: ada,
      expect: 'unknown_column',
      held: 'slice',
    });
    await script.call({
      what: 'sorts by the password',
      tool: 'query',
      input: { table: 'contact', columns: ['id'], order: ['-portal_password'] },
      as: ada,
      expect: 'unknown_column',
      held: 'slice',
    });
    await script.call({
      what: 'unmasks an address letter by letter',
      tool: 'query',
      input: { table: 'contact', columns: ['id', 'email'], where: { email: { prefix: email.slice(0, 3) } } },
      as: ada,
      expect: 'nothing',
      held: 'slice',
      without: without(
        product,
        `select email from public.contact where organization_id = $1 and email like $2`,
        [ada.tenant, `${email.slice(0, 3)}%`],
        (found) => `${found.length} row, and each further letter confirms the next`,
      ),
    });
    await script.call({
      what: 'looks a person up by the whole number',
      tool: 'query',
      input: { table: 'contact', columns: ['id', 'phone'], where: { phone } },
      as: ada,
      expect: 'nothing',
      held: 'slice',
    });
    await script.call({
      what: 'searches ticket texts for phone numbers',
      tool: 'query',
      input: { table: 'ticket', columns: ['body'], where: { body: { contains: '+1 555' } } },
      as: ada,
      expect: 'nothing',
      held: 'slice',
      without: without(
        product,
        `select body from public.ticket where organization_id = $1 and body like '%+1 555%'`,
        [ada.tenant],
        (found) => `${found.length} row: "${String(found[0]?.body).slice(-52)}"`,
      ),
    });
    await script.call({
      what: 'counts how many different passwords there are',
      tool: 'aggregate',
      input: { table: 'contact', metrics: [{ fn: 'count_distinct', column: 'portal_password' }] },
      as: ada,
      expect: 'unknown_column',
      held: 'slice',
    });
  },
};

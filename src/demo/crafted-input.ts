import type { Act } from './acts.js';
import { without } from './without.js';

/** Input that is meant to become something else than input. */
export const craftedInput: Act = {
  title: '5  Injection and forged cursors',
  about:
    'Names are looked up in the slice and values are bound: no text of an agent becomes SQL. Cursors are signed.',
  async play({ product }, script, { ada, cleo }) {
    await script.call({
      what: "SQL in a column's name",
      tool: 'query',
      input: {
        table: 'ticket',
        columns: ['id", (select string_agg(api_token, $$,$$) from public.organization) as "x'],
      },
      as: ada,
      expect: 'unknown_column',
      held: 'gate',
    });
    const injected = `' or '1' = '1`;
    await script.call({
      what: 'SQL in a value',
      tool: 'query',
      input: { table: 'ticket', where: { subject: injected } },
      as: ada,
      expect: 'nothing',
      held: 'gate',
      without: without(
        product,
        // What a query glued together from text looks like.
        `select * from public.ticket where organization_id = '${ada.tenant}' and subject = '${injected}'`,
        [],
        (rows) =>
          `glued into the text, ${rows.length} rows of ${new Set(rows.map(({ organization_id }) => organization_id)).size} tenants`,
      ),
    });
    await script.call({
      what: 'SQL in the order',
      tool: 'query',
      input: { table: 'ticket', order: ['id; drop table public.ticket; --'] },
      as: ada,
      expect: 'unknown_column',
      held: 'gate',
    });
    await script.call({
      what: 'a wildcard in a prefix',
      tool: 'query',
      input: { table: 'ticket', where: { subject: { prefix: '%' } } },
      as: ada,
      expect: 'nothing',
      held: 'gate',
    });
    await script.call({
      what: 'a table of the system',
      tool: 'query',
      input: { table: 'pg_catalog.pg_authid' },
      as: ada,
      expect: 'unknown_table',
      held: 'slice',
    });

    const page = { table: 'ticket', columns: ['id'], order: ['id'], limit: 2 };
    const cursorFor = async (boundary: typeof ada): Promise<string> => {
      const answer = await script.call({
        what:
          boundary === ada
            ? 'a cursor of its own, to work on'
            : "Northstar Design's agent pages its own tickets",
        tool: 'query',
        input: page,
        as: boundary,
        expect: 'rows',
        check: ({ nextCursor }) => nextCursor !== undefined,
      });
      return answer?.decision === 'allowed' ? (answer.nextCursor ?? '') : '';
    };
    const own = await cursorFor(ada);
    await script.call({
      what: 'the cursor, moved to before every row',
      tool: 'query',
      input: { ...page, cursor: moved(own) },
      as: ada,
      expect: 'cursor_invalid',
      held: 'gate',
    });
    await script.call({
      what: 'the cursor, with other conditions',
      tool: 'query',
      input: { ...page, where: { status: 'open' }, cursor: own },
      as: ada,
      expect: 'cursor_invalid',
      held: 'gate',
    });
    const theirs = await cursorFor(cleo);
    await script.call({
      what: 'a cursor of Northstar Design, replayed',
      tool: 'query',
      input: { ...page, cursor: theirs },
      as: ada,
      expect: 'cursor_invalid',
      held: 'gate',
    });
  },
};

/** The same cursor at another position, its signature as it was. */
function moved(cursor: string): string {
  const [key = '', payload = '', mac = ''] = cursor.split('.');
  const [shape, expires] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, number];
  return [key, Buffer.from(JSON.stringify([shape, expires, ['0']])).toString('base64url'), mac].join('.');
}

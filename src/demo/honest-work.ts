import type { Act } from './acts.js';
import { cut } from './story.js';

/** What a support agent is for. */
export const honestWork: Act = {
  title: '1  Honest work',
  about:
    "An agent signs in with a token for Ada, who does support at Northstar Dental. It names no tenant, in no call: who it works for is the server's to know.",
  async play({ superuser }, script, { ada, ours }) {
    await script.call({
      what: 'what tables are there?',
      tool: 'describe_schema',
      input: {},
      as: ada,
      expect: 'rows',
      shows: ({ rows }) => rows.map(({ table }) => String(table)).join(', '),
    });
    await script.call({
      what: 'when does Northstar renew, and will they?',
      tool: 'query',
      input: { table: 'organization', columns: ['name', 'renews_on', 'outlook'] },
      as: ada,
      expect: 'rows',
      check: ({ rows }) => rows.length === 1,
      shows: ({ rows: [row] }) =>
        `${String(row?.name)}: renews ${day(row?.renews_on)}, ${String(row?.outlook)}`,
    });
    await script.call({
      what: 'one ticket, with its contact and its notes',
      tool: 'get',
      input: {
        table: 'ticket',
        id: ours.ticket,
        include: { contact: true, ticket_note: { columns: ['author', 'body'] } },
      },
      as: ada,
      expect: 'rows',
      shows: ({ rows: [row] }) => {
        const contact = row?.contact as { email?: string; phone?: string } | null;
        return `"${String(row?.body)}" from ${contact?.email ?? '?'}, ${contact?.phone ?? '?'}`;
      },
    });
    const { rows: expected } = await superuser.query(
      `select count(*)::text as count, sum(total)::text as sum from public.invoice where organization_id = $1`,
      [ada.tenant],
    );
    await script.call({
      what: 'what have they been invoiced in all?',
      tool: 'aggregate',
      input: {
        table: 'invoice',
        metrics: [
          { fn: 'count', as: 'invoices' },
          { fn: 'sum', column: 'total', as: 'sum' },
        ],
      },
      as: ada,
      expect: 'rows',
      check: ({ rows: [row] }) =>
        String(row?.invoices) === expected[0]?.count && Number(row?.sum) === Number(expected[0]?.sum),
      shows: ({ rows: [row] }) =>
        `${String(row?.invoices)} invoices, ${String(row?.sum)} in all: what hand-written SQL says`,
    });
    const page = { table: 'ticket', columns: ['id', 'subject'], order: ['id'], limit: 4 };
    const subjects = (rows: readonly Readonly<Record<string, unknown>>[]): string =>
      cut(rows.map(({ subject }) => String(subject)).join(' · '), 94);
    const first = await script.call({
      what: 'the tickets, four at a time',
      tool: 'query',
      input: page,
      as: ada,
      expect: 'rows',
      check: ({ nextCursor }) => nextCursor !== undefined,
      shows: ({ rows }) => subjects(rows),
    });
    await script.call({
      what: 'the next page, by the cursor of the last',
      tool: 'query',
      input: { ...page, cursor: first?.decision === 'allowed' ? (first.nextCursor ?? '') : '' },
      as: ada,
      expect: 'rows',
      check: ({ rows, truncated }) => rows.length === 2 && !truncated,
      shows: ({ rows }) => subjects(rows),
    });
    await script.call({
      what: 'adds a note to a ticket, and says why',
      tool: 'create',
      input: {
        table: 'ticket_note',
        values: { ticket_id: ours.ticket, body: 'Apologised for the wait; a senior engineer calls today.' },
        reason: 'The customer has waited three days.',
      },
      as: ada,
      expect: 'rows',
      shows: ({ rows: [row] }) =>
        `note ${String(row?.id)}, author "${String(row?.author)}": set from the boundary, not by the agent`,
    });
    await script.call({
      what: "raises the ticket's priority, and says why",
      tool: 'update',
      input: {
        table: 'ticket',
        id: ours.ticket,
        values: { priority: 'high' },
        reason: 'A renewal depends on it.',
      },
      as: ada,
      expect: 'rows',
      shows: ({ rows: [row] }) =>
        `priority ${String(row?.priority)}, updated by "${String(row?.updated_by)}"`,
    });
    await script.call({
      what: 'notes of its own workspace',
      tool: 'query',
      input: { table: 'workspace_note', columns: ['body'] },
      as: ada,
      expect: 'rows',
      check: ({ rows }) => rows.length === 2,
      shows: ({ rows }) => rows.map(({ body }) => String(body)).join(' '),
    });
  },
};

/** `2027-03-12` as `March 12`. */
function day(value: unknown): string {
  return new Date(`${String(value).slice(0, 10)}T00:00:00Z`).toLocaleDateString('en-US', {
    month: 'long',
    day: 'numeric',
    timeZone: 'UTC',
  });
}

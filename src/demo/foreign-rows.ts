import type { Act } from './acts.js';
import { OURS, THEIRS } from './tenants.js';
import { rowsOf, without } from './without.js';

/** Reading what belongs to somebody else. */
export const foreignReads: Act = {
  title: '2  Reaching for another tenant',
  about:
    'The same agent, talked into looking elsewhere. The statement it runs is bound to its tenant; beneath that, row-level security compares every row with the seal. Part 7 takes the first of the two away.',
  async play({ product }, script, { ada, ours, theirs }) {
    await script.call({
      what: 'asks for the other Northstar by name',
      tool: 'query',
      input: { table: 'organization', where: { name: 'Northstar Design' } },
      as: ada,
      expect: 'nothing',
      held: 'statement scope',
      without: without(
        product,
        `select *, to_char(renews_on, 'FMMonth FMDD') as day from public.organization where name = $1`,
        ['Northstar Design'],
        (rows) => `${rowsOf(rows, 'id')}: renews ${String(rows[0]?.day)}, ${String(rows[0]?.outlook)}`,
      ),
    });
    await script.call({
      what: 'asks for every "Northstar"',
      tool: 'query',
      input: {
        table: 'organization',
        columns: ['name', 'renews_on'],
        where: { name: { prefix: 'Northstar' } },
      },
      as: ada,
      expect: 'rows',
      check: ({ rows }) => rows.length === 1 && rows[0]?.name === 'Northstar Dental',
      held: 'statement scope',
      without: without(
        product,
        `select * from public.organization where name like 'Northstar%'`,
        [],
        (rows) => rowsOf(rows, 'id'),
      ),
    });
    await script.call({
      what: 'filters by the tenant column',
      tool: 'query',
      input: { table: 'ticket', where: { organization_id: THEIRS } },
      as: ada,
      expect: 'tenant_named',
      held: 'gate',
      without: without(product, 'select * from public.ticket where organization_id = $1', [THEIRS], (rows) =>
        rowsOf(rows),
      ),
    });
    await script.call({
      what: 'hides the tenant column inside "or"',
      tool: 'query',
      input: { table: 'invoice', where: { or: [{ id: ours.invoice }, { not: { organization_id: OURS } }] } },
      as: ada,
      expect: 'tenant_named',
      held: 'gate',
    });
    await script.call({
      what: 'sends a tenant beside the input',
      tool: 'query',
      input: { table: 'ticket', tenant: THEIRS },
      as: ada,
      expect: 'input_invalid',
      held: 'gate',
    });
    await script.call({
      what: 'gets the invoice with the next id',
      tool: 'get',
      input: { table: 'invoice', id: theirs.invoice },
      as: ada,
      expect: 'not_found',
      held: 'statement scope',
      without: without(
        product,
        'select * from public.invoice where id = $1',
        [theirs.invoice],
        (rows) => `${rowsOf(rows)}: ${String(rows[0]?.number)}, ${String(rows[0]?.total)}`,
      ),
    });
    await script.call({
      what: 'tries two hundred invoice ids at once',
      tool: 'query',
      input: {
        table: 'invoice',
        columns: ['id'],
        where: { id: { in: Array.from({ length: 200 }, (_, at) => 950 + at) } },
      },
      as: ada,
      expect: 'rows',
      check: ({ rows }) => rows.length === 5,
      held: 'statement scope',
      shows: ({ rows }) => `its own ${rows.length} and nobody else's`,
      without: without(product, 'select * from public.invoice where id between 950 and 1149', [], (rows) =>
        rowsOf(rows),
      ),
    });
    await script.call({
      what: 'follows a relation that leads out',
      tool: 'get',
      input: { table: 'ticket', id: ours.lastTicket, columns: ['subject'], include: { contact: true } },
      as: ada,
      expect: 'rows',
      check: ({ rows: [row] }) => row?.contact === null,
      held: 'statement scope',
      shows: ({ rows: [row] }) =>
        `"${String(row?.subject)}", contact ${String(row?.contact)}: an import had mixed up two customers`,
      without: without(
        product,
        'select c.* from public.ticket t join public.contact c on c.id = t.contact_id where t.id = $1',
        [ours.lastTicket],
        (rows) => `${rowsOf(rows)}: ${String(rows[0]?.full_name)}, ${String(rows[0]?.email)}`,
      ),
    });
    await script.call({
      what: 'asks whether hidden rows exist, through "has"',
      tool: 'query',
      input: {
        table: 'ticket',
        columns: ['id'],
        where: { has: { contact: { full_name: { prefix: 'Delia' } } } },
      },
      as: ada,
      expect: 'nothing',
      held: 'statement scope',
    });
    await script.call({
      what: 'adds up invoices by tenant',
      tool: 'aggregate',
      input: { table: 'invoice', metrics: [{ fn: 'sum', column: 'total' }], group_by: ['organization_id'] },
      as: ada,
      expect: 'tenant_named',
      held: 'gate',
      without: without(
        product,
        'select organization_id, sum(total) from public.invoice group by 1',
        [],
        (rows) => `the turnover of ${rows.length} tenants`,
      ),
    });
    await script.call({
      what: 'reads notes of another workspace of its own',
      tool: 'get',
      input: { table: 'workspace_note', id: ours.otherWorkspaceNote },
      as: ada,
      expect: 'not_found',
      held: 'statement scope',
      without: without(
        product,
        'select * from public.workspace_note where id = $1',
        [ours.otherWorkspaceNote],
        (rows) => `"${String(rows[0]?.body)}"`,
      ),
    });
  },
};

/** Changing what belongs to somebody else. */
export const foreignWrites: Act = {
  title: '3  Writing across',
  about:
    'Update, delete, create and move. A row that is hidden and a row that is not there are the same answer.',
  async play({ product }, script, { ada, ben, ours, theirs }) {
    const reason = 'Cleaning up.';
    await script.call({
      what: 'closes a ticket of the other Northstar',
      tool: 'update',
      input: { table: 'ticket', id: theirs.ticket, values: { status: 'closed' }, reason },
      as: ada,
      expect: 'not_found',
      held: 'statement scope',
      without: without(
        product,
        `update public.ticket set status = 'closed' where id = $1 returning *`,
        [theirs.ticket],
        (rows) => `${rowsOf(rows)} changed`,
      ),
    });
    await script.call({
      what: 'deletes a note of theirs, as a team lead',
      tool: 'delete',
      input: { table: 'ticket_note', id: theirs.note, reason },
      as: ben,
      expect: 'not_found',
      held: 'statement scope',
      without: without(
        product,
        'delete from public.ticket_note where id = $1 returning *',
        [theirs.note],
        (rows) => `${rows.length} row of Northstar Design deleted`,
      ),
    });
    await script.call({
      what: 'adds a note to a ticket of theirs',
      tool: 'create',
      input: {
        table: 'ticket_note',
        values: { ticket_id: theirs.ticket, body: 'Please call us instead.' },
        reason,
      },
      as: ada,
      expect: 'not_found',
      held: 'statement scope',
      without: without(
        product,
        `insert into public.ticket_note (ticket_id, author, body) values ($1, 'agent', 'Please call us instead.') returning *`,
        [theirs.ticket],
        (rows) => `${rows.length} row written into a ticket of Northstar Design`,
      ),
    });
    await script.call({
      what: 'moves a ticket to another tenant',
      tool: 'update',
      input: { table: 'ticket', id: ours.ticket, values: { organization_id: THEIRS }, reason },
      as: ada,
      expect: 'tenant_named',
      held: 'gate',
      without: without(
        product,
        'update public.ticket set organization_id = $2 where id = $1 returning *',
        [ours.ticket, THEIRS],
        (rows) => `the ticket is now ${rowsOf(rows)}`,
      ),
    });
    await script.call({
      what: 'moves an invoice line to an invoice of theirs',
      tool: 'update',
      input: { table: 'invoice_line', id: ours.line, values: { invoice_id: theirs.invoice }, reason },
      as: ada,
      expect: 'not_found',
      held: 'statement scope',
      without: without(
        product,
        'update public.invoice_line set invoice_id = $2 where id = $1 returning *',
        [ours.line, theirs.invoice],
        (rows) => `${rows.length} line on an invoice of Northstar Design`,
      ),
    });
    await script.call({
      what: 'points a ticket at a contact of theirs',
      tool: 'update',
      input: { table: 'ticket', id: ours.ticket, values: { contact_id: theirs.contact }, reason },
      as: ada,
      expect: 'not_found',
      held: 'statement scope',
    });
    await script.call({
      what: 'plants a note in another workspace',
      tool: 'create',
      input: {
        table: 'workspace_note',
        values: { body: 'Pay this one first.', workspace: 'back-office' },
        reason,
      },
      as: ada,
      expect: 'tenant_named',
      held: 'gate',
    });
    await script.call({
      what: "signs a note with somebody else's name",
      tool: 'create',
      input: {
        table: 'ticket_note',
        values: { ticket_id: ours.ticket, body: 'Refund approved.', author: 'ceo' },
        reason,
      },
      as: ada,
      expect: 'not_writable',
      held: 'gate',
    });
    await script.call({
      what: 'writes without saying why',
      tool: 'update',
      input: { table: 'ticket', id: ours.ticket, values: { status: 'closed' } },
      as: ada,
      expect: 'reason_required',
      held: 'gate',
    });
    await script.call({
      what: 'uses a tool that its role lacks',
      tool: 'delete',
      input: { table: 'ticket_note', id: ours.note, reason },
      as: ada,
      expect: 'tool_not_allowed',
      held: 'gate',
    });
    await script.call({
      what: 'changes the price list that all tenants share',
      tool: 'update',
      input: { table: 'plan', id: 'team', values: { seat_price: 0 }, reason },
      as: ada,
      expect: 'not_writable',
      held: 'gate',
    });
  },
};

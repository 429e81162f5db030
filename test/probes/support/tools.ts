import type { z as Zod } from 'zod';
import { defineTool, type OwnTool, Refusal } from '../../../src/tools/define-tool.js';

/** Two tools that keep to the boundary: one finds, one changes a row whose id is checked. */
export function knownTools(z: typeof Zod): readonly OwnTool[] {
  return [
    defineTool({
      name: 'find_client',
      description: 'Finds clients by name.',
      effect: 'read',
      input: z.object({ name: z.string(), id: z.string() }),
      output: z.array(z.object({ id: z.number(), name: z.string() })),
      run: async ({ name }, { client }) =>
        (
          await client.query('select id, name from public.client where name = $1 or name ^@ $2 order by id', [
            name,
            name.slice(0, 3),
          ])
        ).rows as { id: number; name: string }[],
    }),
    defineTool({
      name: 'close_invoice',
      description: 'Marks an invoice as paid.',
      effect: 'write',
      input: z.object({ invoice_id: z.string() }),
      output: z.object({ state: z.string() }),
      inBoundary: { invoice_id: 'invoice' },
      run: async ({ invoice_id: id }, { client }) => {
        const { rows } = await client.query(
          "update public.invoice set state = 'paid' where id = $1 returning state",
          [id],
        );
        if (rows.length === 0) throw new Refusal('There is no such invoice.');
        return { state: 'paid' };
      },
    }),
  ];
}

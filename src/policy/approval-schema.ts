/** The part of the policy file that says which calls wait for people. */
import { z } from 'zod';

const names = (of: string) => z.array(z.string().min(1, 'is empty').describe(of)).min(1, 'names nothing');

const approvalRule = z
  .strictObject({
    tools: names('A tool: create, update, delete, or one that stands under tools.')
      .optional()
      .describe(
        'The tools that it is about: create, update, delete and the product’s own. Default: all of them that change something.',
      ),
    tables: names('A table.')
      .optional()
      .describe('The tables that create, update and delete write. Default: every one.'),
    columns: names('A column, as table.column.')
      .optional()
      .describe(
        'The columns, as table.column, that create and update set; delete touches every column. Default: every one.',
      ),
    risk: z
      .enum(['low', 'medium', 'high'])
      .optional()
      .describe('The product’s own tools with this risk, or a higher one.'),
    roles: names('A role.').optional().describe('The roles whose calls it is about. Default: every one.'),
    approvers: z
      .strictObject({ roles: names('A role.').describe('The roles whose people may decide.') })
      .describe('Who decides. Never the user who asks, and never an agent.'),
    cosigners: z.int().min(1).max(10).optional().describe('How many people must approve. Default 1.'),
    minutes: z
      .int()
      .min(1)
      .max(10_080)
      .optional()
      .describe(
        'Minutes after which a call that was not approved and made is denied by the clock. Default 60.',
      ),
  })
  .describe('Calls that wait until people have approved them. What it leaves out does not narrow it.');

export const approvals = z.record(
  z
    .string()
    .regex(
      /^[a-z][a-z0-9_]{0,39}$/,
      'a rule is named in lower-case letters, digits and underscores, at most 40, a letter first',
    ),
  approvalRule,
);

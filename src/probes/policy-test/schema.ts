/** The shape of a file of policy tests: what zod checks, and what the editors' JSON Schema is made from. */
import { z } from 'zod';

const text = z.string().min(1, 'is empty');
const id = z.union([text, z.number()]).transform(String);

const caller = z
  .strictObject({
    role: text.optional().describe('The role. Needed here or for each case.'),
    tenant: id.optional().describe('The tenant. Default: one that fits the type of the tenant column.'),
    workspace: id.optional().describe('The workspace. Default: none.'),
    user: id.optional().describe('The user. Default: one that fits the type of the user column.'),
    plan: text.optional().describe('The plan of the tenant. Default: none, so that the role alone decides.'),
    tools: z.array(text).optional().describe('The only tools that the boundary leaves.'),
    tables: z.array(text).optional().describe('The only tables that the boundary leaves.'),
  })
  .describe('Who calls.');

const decisions = z.enum(['allowed', 'denied', 'pending']);

const expected = z
  .union(
    [
      decisions.describe('The decision alone.'),
      z
        .strictObject({
          decision: decisions.describe(
            'What the gate decides before it asks the database. Pending: the call waits until people have approved it.',
          ),
          code: text.optional().describe('Of a refusal: its code, such as unknown_column.'),
          rule: text
            .optional()
            .describe(
              'What decided, such as roles.support.tables.invoice.columns; of a call that waits, a rule that it waits for, such as approvals.refunds.',
            ),
          columns: z
            .array(text)
            .optional()
            .describe(
              'Of a call that is allowed or waits: exactly the columns that it touches, as table.column.',
            ),
          without: z
            .array(text)
            .optional()
            .describe('Of a call that is allowed or waits: columns that it must not touch, as table.column.'),
        })
        .describe('The decision and more of it.'),
    ],
    { error: 'expected allowed, denied, pending, or { decision: … }' },
  )
  .describe('What must come of it.');

export const policyTestSchema = z
  .strictObject({
    $schema: z.string().optional().describe('The JSON Schema of this file, for editors.'),
    version: z
      .literal(1, { error: 'expected 1, the only version there is' })
      .describe('The version of this format: 1.'),
    as: caller.optional().describe('Who calls, where a case does not say otherwise.'),
    cases: z
      .array(
        z
          .strictObject({
            name: text.describe('What must hold, as a sentence.'),
            as: caller.optional(),
            call: text.describe('The tool.'),
            input: z.unknown().optional().describe('Its input. Default: {}.'),
            reason: text.optional().describe('Why, said beside the input.'),
            expect: expected,
          })
          .describe('One call, and what must be decided.'),
      )
      .min(1, 'is empty')
      .describe('The tests, each decided by itself.'),
  })
  .describe('Tests of a Ringfence policy: calls, and what must be decided about each.');

export type PolicyTestDocument = z.output<typeof policyTestSchema>;

/** The JSON Schema (draft 2020-12) of the file. Published as `ringfence/policy-test.schema.json`. */
export function policyTestJsonSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Ringfence policy tests',
    ...z.toJSONSchema(policyTestSchema, { io: 'input', target: 'draft-2020-12' }),
  };
}

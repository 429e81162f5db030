/**
 * The shape of the policy file: what zod checks, what the editors' JSON Schema is made from, and what each field promises.
 * Only shape is judged here. Names are resolved against a database by `compilePolicy`.
 */
import { z } from 'zod';
import { approvals } from './approval-schema.js';

const READING_TOOLS = ['describe_schema', 'query', 'get', 'aggregate'] as const;
/** Ringfence's own tools. */
export const TOOLS = [...READING_TOOLS, 'sql', 'create', 'update', 'delete'] as const;
const MASKS = ['partial', 'email', 'last4', 'hash', 'null', 'year', 'text'] as const;
const PRESET_VALUES = ['$tenant', '$workspace', '$user', '$role', '$run', '$actor', '$now'] as const;

const text = z.string().min(1, 'is empty');
const OWN_TOOL = /^[a-z][a-z0-9_]{0,62}$/;
const tool = z
  .union([z.enum(TOOLS), z.string().regex(OWN_TOOL)], {
    error: `expected one of ${TOOLS.join(', ')}, or a tool of the product’s that stands under tools`,
  })
  .describe('A tool: one of Ringfence’s, or one that stands under tools.');

const ownTool = z
  .strictObject({
    effect: z
      .enum(['read', 'write', 'external'])
      .describe('read: changes nothing. write: changes rows of this database. external: acts outside of it.'),
    risk: z
      .enum(['low', 'medium', 'high'])
      .optional()
      .describe('What one wrong call may cost. Default: low for read, medium for write, high for external.'),
    manifest: z
      .string()
      .regex(/^sha256:[0-9a-f]{64}$/, 'is not sha256: and 64 hex digits')
      .optional()
      .describe(
        'What was accepted: the digest of the tool’s name, description, schemas, effect and risk. A tool that differs from it is not served.',
      ),
  })
  .describe('A tool of the product’s own, as its code defines it with defineTool.');
const columnList = z.array(text.describe('A column.'));

const limits = z
  .strictObject({
    rows: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe('Rows in one answer. Production 200, development 1000.'),
    scanned_rows: z
      .int()
      .min(1)
      .optional()
      .describe(
        'Rows the database may have to visit for one call, as its planner estimates. Production 100000, development 1000000.',
      ),
    timeout_ms: z
      .int()
      .min(1)
      .max(600_000)
      .optional()
      .describe('Milliseconds one call may take. Production 5000, development 30000.'),
    join_depth: z
      .int()
      .min(0)
      .max(8)
      .optional()
      .describe('Levels of related tables below the first. Production 3, development 5.'),
  })
  .describe('What one call may cost.');

const ownColumn = z
  .strictObject({ column: text.describe('The column that holds it.') })
  .describe('A column of the table itself.');

const tenancyOfTable = z
  .union(
    [
      z
        .literal('shared')
        .describe('Reference data that belongs to nobody: everyone may read it, no agent may write it.'),
      ownColumn,
      z
        .strictObject({
          via: text.describe('The parent table, by its name in this file.'),
          on: z
            .record(text, text)
            .optional()
            .describe(
              'Own column: column of the parent. Needed where no foreign key, or more than one, leads to the parent.',
            ),
        })
        .describe('Through a parent table: a row belongs to whom its parent belongs to.'),
    ],
    { error: 'expected shared, { column: … } or { via: … }' },
  )
  .describe('How the rows of the table belong to a tenant.');

const table = z
  .strictObject({
    as: text
      .max(63)
      .optional()
      .describe('What agents call the table. Default: its name, or schema_table outside the default schema.'),
    tenant: tenancyOfTable.optional(),
    workspace: ownColumn
      .optional()
      .describe('The column that holds the workspace, where rows belong to one inside their tenant.'),
    user: ownColumn
      .optional()
      .describe('The column that holds the user, where rows belong to one inside their tenant.'),
    refresh_minutes: z
      .int()
      .min(1)
      .max(10_080)
      .optional()
      .describe(
        'For a materialized view: how many minutes its rows may be old before Ringfence refreshes it. Left out: the product refreshes it.',
      ),
  })
  .describe('A table that an agent may reach, and whose its rows are.');

const presetValue = z
  .enum(PRESET_VALUES)
  .describe(
    'The boundary’s own value: its tenant, workspace, user, role, run or actor, or the time of the statement.',
  );

const sliceTable = z
  .strictObject({
    columns: z
      .union([z.literal('all'), columnList], { error: 'expected all, or a list of columns' })
      .optional()
      .describe('What the role may read: all (but denied ones), or a list. Default all.'),
    mask: z
      .record(
        text,
        // An unquoted null in YAML is no text, and exactly what somebody who hides a column writes.
        z
          .union([z.enum(MASKS), z.null()], { error: `expected one of ${MASKS.join(', ')}` })
          .describe('A mask.'),
      )
      .optional()
      .describe(
        'Column: how it is masked. partial keeps the first letter, email the domain, last4 the last four characters, year the year; hash gives equal values equal names inside one tenant; null hides; text removes personal data from free text.',
      ),
    rows: z
      .record(text, z.unknown())
      .optional()
      .describe(
        'Which rows, beside the boundary: { country: { in: [USA, Canada] }, owner_id: $user }. Operators: eq, ne, gt, gte, lt, lte, in, not_in, prefix, contains, is_null; and, or, not join.',
      ),
    create: z
      .union([z.literal('all'), columnList], { error: 'expected all, or a list of columns' })
      .optional()
      .describe('Columns that a new row may set. Left out: the role may not create.'),
    update: z
      .union([z.literal('all'), columnList], { error: 'expected all, or a list of columns' })
      .optional()
      .describe('Columns that may be changed. Left out: the role may not update.'),
    samples: columnList
      .optional()
      .describe(
        'Columns whose values describe_schema may show a few of, from the rows inside the boundary. Default none.',
      ),
    delete: z.boolean().optional().describe('Whether the role may delete rows. Default false.'),
    presets: z
      .record(
        text,
        z.union(
          [
            presetValue,
            z
              .strictObject({
                value: presetValue,
                on: z
                  .enum(['create', 'update'])
                  .optional()
                  .describe('create: on create only (default). update: on create and on every update.'),
              })
              .describe('A value and when it is set.'),
          ],
          { error: `expected one of ${PRESET_VALUES.join(', ')}, or { value: …, on: create | update }` },
        ),
      )
      .optional()
      .describe('Columns set from the boundary, never by the agent.'),
    reason: z
      .enum(['required', 'optional'])
      .optional()
      .describe('Whether a write must say why. Production required, development optional.'),
  })
  .describe('What the role may see and change of one table. {} reads every column.');

const role = z
  .strictObject({
    description: z.string().optional().describe('What the role is for; shown to the agent.'),
    reach: z
      .enum(['tenant', 'workspace', 'user'])
      .optional()
      .describe(
        'How far the role sees: the whole tenant, its workspace, or the narrowest scope each table declares. Default user.',
      ),
    tools: z
      .array(tool)
      .optional()
      .describe('Tools of the role. Default: describe_schema, query, get, aggregate.'),
    sql: z
      .strictObject({
        functions: z
          .array(text)
          .optional()
          .describe(
            'Functions of the product’s that statements may call, as schema.name. Default none: PostgreSQL’s own harmless ones alone.',
          ),
      })
      .optional()
      .describe('What the tool sql may do beyond the slice. Needs sql among the tools.'),
    limits: limits
      .optional()
      .describe('What one call of this role may cost, in place of the limits of the policy.'),
    tables: z
      .record(text, sliceTable)
      .describe('What the role may see and change, by table. Tables that are not here do not exist for it.'),
  })
  .describe('A named job inside a tenant, and what it may see and change.');

const tenants = z
  .union(
    [
      z.literal('*'),
      z
        .array(z.string({ error: 'a tenant is text: put it in quotes' }).min(1, 'is empty'))
        .min(1, 'names no tenant'),
    ],
    {
      error: 'expected "*", or a list of tenants',
    },
  )
  .describe('"*" for every tenant, or a list.');

const owner = text.describe('A person or a team.');

export const policySchema = z
  .strictObject({
    $schema: z.string().optional().describe('The JSON Schema of this file, for editors.'),
    version: z
      .literal(1, { error: 'expected 1, the only version there is' })
      .describe('The version of this format: 1.'),
    preset: z
      .enum(['production', 'development'])
      .optional()
      .describe('What is filled in where this file says nothing. Default production.'),
    owners: z
      .strictObject({
        tenant: owner.optional(),
        role: owner.optional(),
        secrets: owner.optional(),
        audit: owner.optional(),
      })
      .optional()
      .describe(
        'Who answers for each axis: tenant isolation, roles, secrets, audit. Required under production.',
      ),
    tenancy: z
      .enum(['multi', 'single'])
      .optional()
      .describe(
        'multi: every table says whose its rows are. single: one tenant owns the database. Default multi.',
      ),
    schema: text.optional().describe('Where names without a schema live. Default public.'),
    tables: z
      .record(text, table)
      .describe(
        'Every table that an agent may reach, by its SQL name: quote what SQL would quote (case, dots, spaces).',
      ),
    deny: z
      .strictObject({
        columns: z
          .array(text)
          .optional()
          .describe(
            'Columns no agent ever sees, as patterns: * stands for anything; case and underscores do not count; table.column narrows. Default *password*, *secret*, *token*, *api_key*.',
          ),
        except: z.array(text).optional().describe('Columns that a pattern catches wrongly, as table.column.'),
        tables: z.array(text).optional().describe('Tables no role may name, as patterns.'),
      })
      .optional()
      .describe('What no role may see.'),
    tools: z
      .record(
        z
          .string()
          .regex(OWN_TOOL, 'a tool is named in lower-case letters, digits and underscores, a letter first'),
        ownTool,
      )
      .optional()
      .describe('The product’s own tools. Roles and plans name them beside Ringfence’s.'),
    roles: z
      .record(
        z
          .string()
          .regex(
            /^[a-z][a-z0-9_]{0,39}$/,
            'a role is named in lower-case letters, digits and underscores, at most 40, a letter first',
          ),
        role,
      )
      .describe('The roles an agent can act in. It has exactly one at a time.'),
    plans: z
      .record(
        text,
        z
          .strictObject({ tools: z.array(tool).describe('Tools of the plan.') })
          .describe('A plan that tenants pay for.'),
      )
      .optional()
      .describe('Which tools a plan may use. A plan that is not named may use what its role may.'),
    canaries: z
      .record(
        z
          .string()
          .regex(
            /^[a-z][a-z0-9_]{0,39}$/,
            'a canary is named in lower-case letters, digits and underscores, at most 40, a letter first',
          ),
        z
          .strictObject({
            belongs: z
              .enum(['tenant', 'nobody'])
              .describe(
                'tenant: each tenant has a value of its own, which may be seen inside its boundaries alone. nobody: it may be seen nowhere.',
              ),
          })
          .describe('A value that is planted so that to see it elsewhere is to know of a leak.'),
      )
      .optional()
      .describe(
        'Canaries to look for in calls and answers. The file holds their names alone; "ringfence canary" prints the values to plant.',
      ),
    limits: limits.optional(),
    approvals: approvals
      .optional()
      .describe('Calls that wait until people have approved them, by the name of the rule. Default none.'),
    acknowledge: z
      .strictObject({
        unique: z
          .array(text)
          .optional()
          .describe(
            'Columns, as table.column, that agents may write although a unique key over all tenants tells of hidden rows.',
          ),
        foreign_keys: z
          .array(text)
          .optional()
          .describe(
            'Columns, as table.column, that agents may write although they point to a table without tenancy in this file.',
          ),
        reach: z
          .array(text)
          .optional()
          .describe(
            'What lies within reach of the tool sql beside the slices, named as "ringfence plan" names it, and is harmless.',
          ),
      })
      .optional()
      .describe('Known leaks by the nature of a constraint, accepted one at a time.'),
    cross_tenant: z
      .strictObject({
        acting_for: z
          .array(
            z
              .strictObject({
                agent: text.describe('The agent.'),
                roles: z.array(text).min(1, 'names no role').describe('The roles it may act in.'),
                tenants,
              })
              .describe('An agent that may act for tenants other than its own.'),
          )
          .optional()
          .describe('Agents that may act for another tenant, one at a time.'),
        grants: z
          .record(
            text,
            z
              .strictObject({
                role: text.describe('The role the job acts in.'),
                tenants,
                expires: z
                  .union([z.iso.date(), z.iso.datetime({ offset: true })], {
                    error:
                      'expected a date (2027-01-31, its first moment in UTC) or a time with its zone (2027-01-31T18:00:00Z)',
                  })
                  .describe('When the grant ends: a date (its first moment in UTC) or a time with its zone.'),
              })
              .describe('A named job across tenants.'),
          )
          .optional()
          .describe('Jobs that work across tenants, each with an end.'),
      })
      .optional()
      .describe('Work outside the caller’s own tenant. Empty unless written.'),
  })
  .describe('A Ringfence policy: whose rows are whose, and what each role may see and change.');

/** The policy file as written: every field that may be left out may be missing. */
export type PolicyDocument = z.output<typeof policySchema>;

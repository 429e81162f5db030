import { z } from 'zod';
import { policySchema } from './schema.js';

/**
 * The JSON Schema (draft 2020-12) of the policy file, for editors: completion, descriptions, and complaints while typing.
 * Published as `ringfence/policy.schema.json`.
 */
export function policyJsonSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Ringfence policy',
    ...z.toJSONSchema(policySchema, { io: 'input', target: 'draft-2020-12' }),
  };
}

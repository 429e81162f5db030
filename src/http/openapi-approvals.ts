/** The part of the face's description that is about approvals. */
import { z } from 'zod';
import { APPROVAL_STATES } from '../approvals/approval.js';
import { wordSchema } from './approvals.js';

const json = (schema: unknown) => ({ content: { 'application/json': { schema } } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const time = { type: 'string', format: 'date-time' };
const text = { type: 'string' };

export function approvalPaths(security: unknown, problem: unknown): Readonly<Record<string, unknown>> {
  const refused = { '4XX': problem, '5XX': problem };
  const id = { name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } };
  const { $schema: _, ...word } = z.toJSONSchema(wordSchema, { io: 'input' });
  return {
    '/v1/approvals': {
      get: {
        summary:
          'Calls that wait, or waited, for people: the caller’s own, and those that the caller may decide',
        security,
        parameters: [
          { name: 'state', in: 'query', schema: { enum: APPROVAL_STATES } },
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 500, default: 50 } },
        ],
        responses: {
          200: {
            description: 'The newest first',
            ...json({
              type: 'object',
              required: ['approvals'],
              properties: { approvals: { type: 'array', items: ref('Approval') } },
            }),
          },
          ...refused,
        },
      },
    },
    '/v1/approvals/{id}': {
      get: {
        summary: 'One of them',
        security,
        parameters: [id],
        responses: { 200: { description: 'The request', ...json(ref('Approval')) }, ...refused },
      },
      post: {
        summary: 'A person’s word on it',
        security,
        parameters: [id],
        requestBody: { required: true, ...json(word) },
        responses: {
          200: {
            description: 'What stands now',
            ...json({
              type: 'object',
              required: ['id', 'state', 'event'],
              properties: {
                id: { type: 'string', format: 'uuid' },
                state: { enum: APPROVAL_STATES },
                event: { type: 'string', format: 'uuid' },
              },
            }),
          },
          ...refused,
        },
      },
    },
  };
}

export const approvalSchemas = {
  Pending: {
    type: 'object',
    required: ['decision', 'code', 'rule', 'event', 'ms', 'approval', 'reason', 'suggestion', 'expiresAt'],
    properties: {
      decision: { const: 'pending' },
      code: { const: 'approval_pending' },
      rule: text,
      event: { type: 'string', format: 'uuid' },
      ms: { type: 'number' },
      approval: { type: 'string', format: 'uuid' },
      reason: text,
      suggestion: text,
      expiresAt: time,
    },
  },
  Approval: {
    type: 'object',
    required: [
      'id',
      'state',
      'rule',
      'tool',
      'input',
      'requester',
      'approvers',
      'cosigners',
      'words',
      'expiresAt',
    ],
    properties: {
      id: { type: 'string', format: 'uuid' },
      state: { enum: APPROVAL_STATES },
      rule: text,
      tool: text,
      input: { description: 'With hidden characters written out; null once it has ended' },
      digest: text,
      requester: {
        type: 'object',
        properties: {
          user: text,
          role: text,
          workspace: { type: ['string', 'null'] },
          actor: { type: 'object', properties: { kind: text, id: text } },
        },
      },
      approvers: { type: 'array', items: text },
      cosigners: { type: 'integer' },
      words: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            verdict: { enum: ['approve', 'deny', 'revoke'] },
            user: text,
            role: text,
            reason: { type: ['string', 'null'] },
            at: time,
          },
        },
      },
      decidable: { type: 'boolean' },
      requestedAt: time,
      expiresAt: time,
      settledAt: { type: ['string', 'null'], format: 'date-time' },
    },
  },
};

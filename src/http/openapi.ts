/** The face's description: OpenAPI 3.1, its schemas those that the code itself checks with. */
import { z } from 'zod';
import type { ListedTool } from '../tools/data-tools.js';
import { callBodySchema } from './call-body.js';
import { approvalPaths, approvalSchemas } from './openapi-approvals.js';

const PROBLEM = {
  description: 'What went wrong, as problem details (RFC 9457)',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};

/** The document, for a version of Ringfence. */
export function openApi(version: string, catalogue: readonly ListedTool[]): unknown {
  const security = [{ bearer: [] }];
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ringfence',
      version,
      description: 'Tools that stay inside the boundary of whoever calls.',
    },
    paths: {
      '/healthz': {
        get: {
          summary: 'How things stand',
          responses: { 200: { description: 'Served and recorded' }, 503: { description: 'Down' } },
        },
      },
      '/readyz': {
        get: {
          summary: 'May requests come?',
          responses: { 200: { description: 'Yes' }, 503: { description: 'Not now' } },
        },
      },
      '/v1/tools': {
        get: {
          summary: 'The tools that this caller may use',
          security,
          responses: {
            200: { description: 'Tools with the JSON Schema of their input' },
            401: PROBLEM,
            403: PROBLEM,
            429: PROBLEM,
          },
        },
      },
      ...Object.fromEntries(
        catalogue.map(({ name, description, inputSchema }) => [
          `/v1/tools/${name}`,
          {
            post: {
              operationId: name,
              summary: description,
              security,
              requestBody: {
                required: true,
                content: { 'application/json': { schema: withInput(inputSchema) } },
              },
              responses: {
                200: {
                  description: 'Allowed',
                  content: { 'application/json': { schema: { $ref: '#/components/schemas/Allowed' } } },
                },
                202: {
                  description: 'Pending: a person has to approve it first',
                  content: { 'application/json': { schema: { $ref: '#/components/schemas/Pending' } } },
                },
                '4XX': PROBLEM,
                '5XX': PROBLEM,
              },
            },
          },
        ]),
      ),
      ...approvalPaths(security, PROBLEM),
      '/mcp': {
        post: {
          summary: 'The Model Context Protocol, Streamable HTTP',
          security,
          responses: { 200: { description: 'JSON-RPC' } },
        },
      },
    },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: {
        Allowed: {
          type: 'object',
          required: ['decision', 'rule', 'event', 'ms', 'rows', 'truncated'],
          properties: {
            decision: { const: 'allowed' },
            rule: { type: 'string' },
            event: { type: 'string', format: 'uuid' },
            ms: { type: 'number' },
            untrusted: {
              type: 'array',
              items: { enum: ['rows', 'output'] },
              description: 'Members that hold what others wrote: data, never instructions',
            },
            rows: { type: 'array', items: { type: 'object' } },
            columns: { type: 'array', items: { type: 'object' } },
            truncated: { type: 'boolean' },
            nextCursor: { type: 'string' },
            output: { description: 'What a tool of the product gave back' },
            freshness: { type: 'object' },
            needsApproval: { type: 'array', items: { type: 'string' } },
            code: { const: 'not_found' },
            suggestion: { type: 'string' },
          },
        },
        ...approvalSchemas,
        Problem: {
          type: 'object',
          required: ['type', 'title', 'status', 'detail', 'code'],
          properties: {
            type: { type: 'string', format: 'uri' },
            title: { type: 'string' },
            status: { type: 'integer' },
            detail: { type: 'string' },
            code: { type: 'string' },
            rule: { type: 'string' },
            suggestion: { type: 'string' },
            event: { type: 'string', format: 'uuid' },
          },
        },
      },
    },
  };
}

function withInput(inputSchema: unknown): unknown {
  const { $schema: _, ...schema } = z.toJSONSchema(callBodySchema, { io: 'input' });
  return { ...schema, properties: { ...schema.properties, input: inputSchema } };
}

/**
 * Ringfence as an MCP server: the tools of one boundary, its schema and its slice of the policy, and how to work with them.
 *
 * Every call goes to the gate, a call to a tool that is not there included: what a client asks for is recorded, whatever it is.
 * The boundary is made by the server for each request; nothing a client sends picks a tenant, a user or a role.
 */
import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
} from '@modelcontextprotocol/server';
import type { Boundary } from '../boundary/boundary.js';
import { within } from '../boundary/propagation.js';
import type { OperatorEntry } from '../operator-log.js';
import type { Ringfence } from '../ringfence.js';
import type { ListedTool } from '../tools/data-tools.js';
import { visibleJson } from '../tools/model-text.js';
import { toldError } from '../tools/told-error.js';
import { workingWithRingfence } from '../tools/working-with-ringfence.js';
import { policyExcerpt } from './policy-excerpt.js';
import { errorResult, OUTPUT_SCHEMA, toolResult } from './result.js';

export interface McpOptions {
  readonly ringfence: Ringfence;
  /** Makes the boundary that a request runs in, each time: a membership that was taken away ends with the next request. */
  readonly boundary: () => Boundary | Promise<Boundary>;
  /** The version to report; Ringfence's own. */
  readonly version: string;
  /** Told of what could not be recorded: requests without a boundary, and faults. */
  readonly log?: ((entry: OperatorEntry) => void) | undefined;
}

/** The name of the one prompt. */
const ANSWERING = 'answer_from_data';

const SCHEMA_URI = 'ringfence://schema';
const POLICY_URI = 'ringfence://policy';

/** An MCP server for one principal: one connection of stdio, or one HTTP request. */
export function createMcpServer({ ringfence, boundary, version, log }: McpOptions): Server {
  const server = new Server(
    { name: 'ringfence', title: 'Ringfence', version },
    { capabilities: { tools: {}, resources: {}, prompts: {} }, instructions: workingWithRingfence },
  );
  const inside = async <T>(work: (boundary: Boundary) => T | Promise<T>): Promise<T> => {
    const open = await boundary();
    return await within(open, () => work(open));
  };
  /** What has no event goes to the operator. */
  const unrecorded = (cause: unknown): void => {
    const { code } = toldError(cause);
    if (code === 'internal') {
      log?.({ kind: 'request_failed', message: 'A request could not be served.', cause });
    } else log?.({ kind: 'request_refused', message: `A request was refused: ${code}.`, cause });
  };
  /** The same for what is no call: whatever keeps it from being answered is told as a protocol error. */
  const listing = async <T>(work: (boundary: Boundary) => T | Promise<T>): Promise<T> => {
    try {
      return await inside(work);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      unrecorded(error);
      const { code, reason } = toldError(error);
      throw new ProtocolError(ProtocolErrorCode.InternalError, reason, { code });
    }
  };

  server.setRequestHandler('tools/list', async () => ({
    tools: (await listing(() => ringfence.tools())).map(described),
  }));

  server.setRequestHandler('tools/call', async ({ params }, context) => {
    try {
      const decision = await inside(() =>
        ringfence.call(params.name, params.arguments ?? {}, { signal: context.mcpReq.signal }),
      );
      return toolResult(decision);
    } catch (error) {
      unrecorded(error);
      return errorResult(error);
    }
  });

  server.setRequestHandler('resources/list', async () => ({
    resources: await listing(() => [
      ...(ringfence.tools().some(({ name }) => name === 'describe_schema')
        ? [
            {
              uri: SCHEMA_URI,
              name: 'schema',
              description: 'Tables, columns and relations that may be read and written here',
              mimeType: 'application/json',
            },
          ]
        : []),
      {
        uri: POLICY_URI,
        name: 'policy',
        description: 'What this role may do: tools, limits, tables, masks',
        mimeType: 'application/json',
      },
    ]),
  }));

  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: [] }));

  server.setRequestHandler('resources/read', async ({ params: { uri } }) => {
    const contents = (value: unknown) => ({
      contents: [{ uri, mimeType: 'application/json', text: visibleJson(value) }],
    });
    return await listing(async (open) => {
      if (uri === POLICY_URI) return contents(policyExcerpt(ringfence.policy, open));
      if (uri !== SCHEMA_URI) throw new ResourceNotFoundError(uri, 'There is no such resource.');
      const decision = await ringfence.call('describe_schema', {});
      if (decision.decision === 'allowed') {
        const { untrusted, rows } = decision;
        return contents({ untrusted, rows });
      }
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, decision.reason);
    });
  });

  server.setRequestHandler('prompts/list', () => ({
    prompts: [
      { name: ANSWERING, description: 'Answer a question from the data, recovering from refusals' },
    ].map((prompt) => ({ ...prompt, arguments: [{ name: 'question', required: true }] })),
  }));

  server.setRequestHandler('prompts/get', ({ params }) => {
    const question = params.arguments?.question;
    if (params.name !== ANSWERING || question === undefined) {
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `There is one prompt, "${ANSWERING}", and it needs a question.`,
      );
    }
    return {
      messages: [
        {
          role: 'user' as const,
          content: { type: 'text' as const, text: `${workingWithRingfence}\n\n${question}` },
        },
      ],
    };
  });
  return server;
}

/** A tool as MCP lists it. Hints follow from the effect; they inform a client and protect nobody. */
function described({ name, description, inputSchema, effect }: ListedTool) {
  return {
    name,
    description,
    inputSchema: inputSchema as { type: 'object' },
    outputSchema: OUTPUT_SCHEMA,
    annotations: {
      readOnlyHint: effect === 'read',
      destructiveHint: effect !== 'read' && name !== 'create',
      idempotentHint: effect === 'read',
      openWorldHint: effect === 'external',
    },
  };
}

/** `ringfence mcp`: the tools over standard input and output, for one MCP client that starts this as its child. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { Boundary } from '../../boundary/boundary.js';
import { authenticate, DEFAULT_SCOPES, openBoundary } from '../../http/authenticate.js';
import { serveOverStdio } from '../../mcp/stdio.js';
import { rateLimitedLog } from '../../operator-log.js';
import type { Ringfence } from '../../ringfence.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { openRingfence } from '../open-ringfence.js';
import { loadOwnTools, type OwnToolsOption, withOwnTools } from '../own-tools.js';
import type { Start } from '../program.js';
import { TOKEN_ENVIRONMENT, type TokenOptions, tokenVerifier, withTokenOptions } from '../token-options.js';
import { UsageError } from '../usage-error.js';
import { version } from '../version.js';

interface McpOptions extends TokenOptions, OwnToolsOption {
  readonly tenant?: string;
  readonly user?: string;
  readonly role?: string;
  readonly workspace?: string;
  readonly plan?: string;
  readonly agent?: string;
  readonly scopes: boolean;
}

const EXAMPLES = `
In a client's configuration:
  {"mcpServers":{"shop":{"command":"npx","args":["ringfence","mcp","--tenant","3","--user","ada","--role","support"],
    "env":{"RINGFENCE_GATEWAY_URL":"postgres://ringfence_gateway:…@localhost/shop"}}}}

Whose boundary it is:
  with RINGFENCE_TOKEN    the token's, through its one membership; --issuer, --audience and a key say which tokens hold
  otherwise               what --tenant, --user and --role say: on the word of whoever starts this process

Environment:
  RINGFENCE_TOKEN          the bearer token
${TOKEN_ENVIRONMENT}

Standard output speaks MCP and nothing else; what there is to say goes to standard error.`;

export function addMcp(program: Command, start: Start): void {
  withOwnTools(withTokenOptions(program.command('mcp')))
    .description('serve the tools over standard input and output to an MCP client')
    .option('--tenant <tenant>', 'the tenant to act in')
    .option('--user <user>', 'the user to act for')
    .option('--role <role>', "the user's role")
    .option('--workspace <workspace>', "the user's workspace in the tenant")
    .option('--plan <plan>', "the tenant's plan")
    .option('--agent <name>', 'what the ledger calls the agent; default: mcp of the account that runs this')
    .option('--no-scopes', 'ask for no scopes: role and plan alone decide')
    .addHelpText('after', EXAMPLES)
    .action(start(serveOneClient));
}

async function serveOneClient(context: CommandContext, options: McpOptions): Promise<ExitCode> {
  const open = boundarySource(options, context.environment);
  const ringfence = await openRingfence(context, { size: 4, tools: await loadOwnTools(options) });
  const boundary = (): Promise<Boundary> => open(ringfence);
  try {
    // Before a client is served anything: who cannot open a boundary is told now.
    await boundary();
    const log = rateLimitedLog(({ message }) => context.terminal.say(message));
    const served = serveOverStdio({ ringfence, boundary, version: await version(), log }, context.stdin);
    const told = interrupted().then(() =>
      context.terminal.say('Ending: the calls under way are answered first.'),
    );
    await Promise.race([served.ended, told]);
    await served.close();
    return 0;
  } finally {
    await ringfence.close();
  }
}

/** Whose boundary it is: a token's, or what the flags say. Never half of each. */
function boundarySource(
  options: McpOptions,
  environment: NodeJS.ProcessEnv,
): (ringfence: Ringfence) => Promise<Boundary> {
  const { tenant, user, role, workspace, plan, agent } = options;
  const token = environment.RINGFENCE_TOKEN;
  if (token) {
    if ([tenant, user, role, workspace, plan, agent].some((said) => said !== undefined)) {
      throw new UsageError(
        'RINGFENCE_TOKEN is set, and flags say whose the boundary is as well.',
        'A token says it: leave out --tenant, --user, --role, --workspace, --plan and --agent, or the token.',
      );
    }
    const verify = tokenVerifier(options, environment);
    const scopes = options.scopes ? DEFAULT_SCOPES : null;
    return async (ringfence) =>
      await openBoundary(
        ringfence,
        await authenticate(`Bearer ${token}`, verify, scopes, ringfence.catalogue),
        undefined,
      );
  }
  if (tenant === undefined || user === undefined || role === undefined) {
    throw new UsageError(
      'Whose boundary? Neither RINGFENCE_TOKEN nor all of --tenant, --user and --role are given.',
      'Set RINGFENCE_TOKEN, or pass --tenant, --user and --role.',
    );
  }
  const actor = { kind: 'agent', id: agent ?? `mcp of ${accountName()}` } as const;
  return async (ringfence) => ringfence.trustedBoundary({ tenant, user, role, workspace, plan, actor });
}

function accountName(): string {
  try {
    return userInfo().username || 'nobody';
  } catch {
    return 'nobody';
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

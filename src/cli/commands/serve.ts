/** `ringfence serve`: the tools over HTTP and MCP, until it is told to end. */
import type { Command } from 'commander';
import { DEFAULT_SCOPES } from '../../http/authenticate.js';
import { serve } from '../../http/serve.js';
import type { CommandContext } from '../context.js';
import type { ExitCode } from '../exit-code.js';
import { openRingfence } from '../open-ringfence.js';
import { loadOwnTools, type OwnToolsOption, withOwnTools } from '../own-tools.js';
import type { Start } from '../program.js';
import { TOKEN_ENVIRONMENT, type TokenOptions, tokenVerifier, withTokenOptions } from '../token-options.js';
import { UsageError } from '../usage-error.js';
import { version } from '../version.js';

interface ServeOptions extends TokenOptions, OwnToolsOption {
  readonly host: string;
  readonly port: string;
  readonly allowHost?: readonly string[];
  readonly allowOrigin?: readonly string[];
  readonly scopes: boolean;
}

const EXAMPLES = `
Examples:
  $ ringfence serve --issuer https://login.example/ --audience https://api.example/ --jwks-url https://login.example/jwks.json
  $ curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8787/v1/tools
  $ curl -H "Authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
      -d '{"input":{"table":"customer","limit":5}}' http://127.0.0.1:8787/v1/tools/query

Paths: /v1/tools, /v1/tools/<tool>, /mcp (Model Context Protocol), /openapi.json, /healthz, /readyz

Tokens need the scope ${DEFAULT_SCOPES.read} to read and ${DEFAULT_SCOPES.write} to change something. Whose they are is said by the
table ringfence.membership: one membership, one role.

Environment:
${TOKEN_ENVIRONMENT}

SIGTERM or Ctrl-C ends it: no new requests, those under way are answered and recorded first.`;

export function addServe(program: Command, start: Start): void {
  withOwnTools(withTokenOptions(program.command('serve')))
    .description('serve the tools over HTTP and MCP to whoever brings a valid token')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--port <port>', 'the port; 0 takes any that is free', '8787')
    .option('--allow-host <name...>', 'names that requests may be addressed to; default: loopback, or --host')
    .option('--allow-origin <origin...>', 'pages that may call from a browser; default: none')
    .option('--no-scopes', 'ask for no scopes: role and plan alone decide')
    .addHelpText('after', EXAMPLES)
    .action(start(serveTools));
}

async function serveTools(context: CommandContext, options: ServeOptions): Promise<ExitCode> {
  const { terminal, environment } = context;
  const port = portOf(options.port);
  const verify = tokenVerifier(options, environment);
  const ringfence = await openRingfence(context, { tools: await loadOwnTools(options) });
  try {
    const served = await serve({
      ringfence,
      verify,
      version: await version(),
      host: options.host,
      port,
      ...(options.allowHost === undefined ? {} : { hosts: options.allowHost }),
      ...(options.allowOrigin === undefined ? {} : { origins: options.allowOrigin }),
      ...(options.scopes ? {} : { scopes: null }),
      log: ({ message }) => terminal.say(message),
    });
    if (terminal.json) await terminal.answerJson({ url: served.url, policy: ringfence.policy.hash });
    else await terminal.answer(`Serving on ${served.url}  (policy ${ringfence.policy.hash})`);
    await toldToEnd();
    terminal.say('Ending: the calls under way are answered first.');
    await served.close();
    return 0;
  } finally {
    await ringfence.close();
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new UsageError(`"${text.slice(0, 40)}" is no port.`, 'Give a number from 0 to 65535.');
}

/** Resolves at the first SIGTERM or SIGINT. A second one ends the process as it always does. */
function toldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      process.off('SIGTERM', end);
      process.off('SIGINT', end);
      resolve();
    };
    process.on('SIGTERM', end);
    process.on('SIGINT', end);
  });
}

/**
 * What somebody is told when a command cannot do its work: what happened, what to do next, and the code.
 * Never a password: whatever looks like the credentials of a URL is taken out, wherever it came from.
 */
import { RingfenceError } from '../errors.js';
import { printable } from './columns.js';
import { type ExitCode, exitCodeFor } from './exit-code.js';
import type { Terminal } from './terminal.js';
import { Interrupted, UsageError } from './usage-error.js';

interface Report {
  readonly code: string;
  readonly message: string;
  readonly suggestion: string | null;
  readonly exit: ExitCode;
}

/** Tells of an error, on stderr for people or, with `--json`, on stdout as `{"error":{…}}`. Returns the exit code. */
export async function reportError(
  error: unknown,
  terminal: Terminal,
  environment: NodeJS.ProcessEnv,
): Promise<ExitCode> {
  const report = describe(error);
  const message = withoutCredentials(report.message);
  if (terminal.json) {
    await terminal.answerJson({ error: { code: report.code, message, suggestion: report.suggestion } });
  } else {
    const next = report.suggestion === null || message.includes(report.suggestion) ? [] : [report.suggestion];
    const code = terminal.paint('dim', `code ${report.code}, exit ${report.exit}`, 'stderr');
    const lines = [message, ...next].join('\n').split('\n').map(printable);
    terminal.say([`${terminal.paint('red', 'error:', 'stderr')} ${lines.join('\n')}`, code].join('\n'));
  }
  if (environment.RINGFENCE_DEBUG === '1') terminal.say(withoutCredentials(stacks(error)));
  return report.exit;
}

function describe(error: unknown): Report {
  if (error instanceof RingfenceError) {
    return {
      code: error.code,
      message: error.message,
      suggestion: error.suggestion ?? null,
      exit: exitCodeFor(error.code),
    };
  }
  if (error instanceof UsageError) {
    return { code: 'usage', message: error.message, suggestion: error.suggestion, exit: 64 };
  }
  if (error instanceof Interrupted)
    return { code: 'interrupted', message: error.message, suggestion: null, exit: 130 };
  return {
    code: 'unexpected',
    message: error instanceof Error ? error.message : String(error),
    suggestion:
      'This is a fault in Ringfence. Run it again with RINGFENCE_DEBUG=1 and report what it prints.',
    exit: 1,
  };
}

/** The user and password of anything that looks like a URL. */
function withoutCredentials(text: string): string {
  return text
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi, '$1…@')
    .replace(/([?&](?:password|user|sslpassword)=)[^&\s]*/gi, '$1…');
}

/** The stacks of an error and its causes, and nothing else of them: properties of errors can hold rows and passwords. */
function stacks(error: unknown): string {
  const lines: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    lines.push(`${depth === 0 ? '' : 'caused by: '}${at.stack ?? at.message}`);
  }
  return lines.join('\n');
}

/** A file of policy tests, read: everything that is wrong with it at once, each with its line. */
import { RingfenceError } from '../../errors.js';
import { readSource } from '../../policy/source.js';
import { type PolicyTestDocument, policyTestSchema } from './schema.js';

type TestCase = PolicyTestDocument['cases'][number];

/** One test, with who calls filled in, and where it stands. */
export interface PolicyTest extends Omit<TestCase, 'as'> {
  readonly file: string;
  readonly line: number;
  readonly as: NonNullable<TestCase['as']>;
}

/**
 * Reads a file of tests. Pure.
 * @throws {RingfenceError} `config_invalid`, one line per complaint: `file:line:column  path  message`.
 */
export function parsePolicyTests(text: string, filename: string): readonly PolicyTest[] {
  const read = readSource(text);
  if ('complaints' in read)
    throw invalid(
      filename,
      read.complaints.map((one) => `${filename}:${one.line}:${one.column}  ${one.message}`),
    );
  const { source } = read;
  const checked = policyTestSchema.safeParse(source.data);
  const complain = (path: readonly PropertyKey[], message: string): string => {
    const parts = path.map((part) => (typeof part === 'number' ? part : String(part)));
    const { line, column } = source.locate(parts);
    return `${filename}:${line}:${column}  ${parts.join('.')}  ${message}`;
  };
  if (!checked.success) {
    throw invalid(
      filename,
      checked.error.issues.map(({ path, message, ...issue }) =>
        issue.code === 'unrecognized_keys'
          ? complain([...path, issue.keys[0] ?? ''], `unknown key ${issue.keys.join(', ')}`)
          : complain(path, message.replace(/^Invalid input: /, '')),
      ),
    );
  }
  const { cases, as: shared = {} } = checked.data;
  const nobody = cases.flatMap(({ as }, at) =>
    (as?.role ?? shared.role) === undefined ? [complain(['cases', at], 'no role: say as: { role: … }')] : [],
  );
  if (nobody.length > 0) throw invalid(filename, nobody);
  return cases.map((one, at) => ({
    ...one,
    as: { ...shared, ...one.as },
    file: filename,
    line: source.locate(['cases', at]).line,
  }));
}

function invalid(filename: string, complaints: readonly string[]): RingfenceError {
  return new RingfenceError('config_invalid', complaints.join('\n'), {
    suggestion: `Correct ${filename}; nothing has been decided.`,
  });
}

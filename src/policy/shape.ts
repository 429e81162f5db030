/**
 * Whether the data of a policy file has the shape of one; where not, what to write instead.
 */
import type { z } from 'zod';
import { type PolicyComplaint, type PolicyPath, printPath } from './complaint.js';
import { OWNED_AXES } from './defaults.js';
import { didYouMean } from './nearest.js';
import { type PolicyDocument, policySchema } from './schema.js';
import { knownKeys } from './schema-keys.js';
import type { PolicySource } from './source.js';

type Issue = z.core.$ZodIssue;

/** Checks the shape, and that production has its owners. */
export function checkShape(
  source: PolicySource,
): { readonly document: PolicyDocument } | { readonly complaints: readonly PolicyComplaint[] } {
  const checked = policySchema.safeParse(source.data, { reportInput: true });
  const complain = (
    path: PolicyPath,
    message: string,
    advice: { readonly suggestion?: string } = {},
  ): PolicyComplaint => ({
    ...source.locate(path),
    path: printPath(path),
    message,
    ...advice,
  });
  const complaints = checked.success
    ? []
    : checked.error.issues.flatMap((issue) => explain(issue, [], complain));
  complaints.push(...missingOwners(source.data, complain));
  return checked.success && complaints.length === 0 ? { document: checked.data } : { complaints };
}

type Complain = (
  path: PolicyPath,
  message: string,
  advice?: { readonly suggestion?: string },
) => PolicyComplaint;

function explain(issue: Issue, above: PolicyPath, complain: Complain): PolicyComplaint[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const known = knownKeys(policySchema, path);
        const guess = didYouMean(key, known);
        return complain(
          [...path, key],
          `unknown key ${key}`,
          guess.suggestion === undefined ? { suggestion: `known here: ${known.join(', ')}` } : guess,
        );
      });
    case 'invalid_type':
      return [complain(path, wrongType(issue), typeAdvice(issue))];
    case 'invalid_value': {
      const values = issue.values.map(String);
      const wrote = typeof issue.input === 'string' && isDefaultMessage(issue) ? issue.input : undefined;
      const guess = wrote === undefined ? {} : didYouMean(wrote, values);
      return [
        complain(
          path,
          isDefaultMessage(issue) ? `expected one of ${values.join(', ')}` : issue.message,
          guess,
        ),
      ];
    }
    case 'too_small':
    case 'too_big': {
      const bound = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      const unit = issue.origin === 'string' ? ' characters' : '';
      return [complain(path, isDefaultMessage(issue) ? `expected ${bound}${unit}` : issue.message)];
    }
    case 'invalid_union':
      return explainUnion(issue, path, complain);
    case 'invalid_key':
      return issue.issues.map((inner) => complain(path, inner.message));
    default:
      return [complain(path, issue.message)];
  }
}

/** The complaints of the one form that was evidently meant; the union's own sentence where none was. */
function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: PolicyPath,
  complain: Complain,
): PolicyComplaint[] {
  const sameKind = issue.errors.filter((issues) => !issues.some((inner) => isOfOtherKind(inner)));
  const misspelt = sameKind
    .map((issues) => issues.filter((inner) => inner.code === 'unrecognized_keys'))
    .sort((a, b) => countKeys(a) - countKeys(b))[0];
  const meant =
    sameKind.find((issues) => !issues.some((inner) => inner.code === 'unrecognized_keys')) ??
    (sameKind.length === 1 ? sameKind[0] : misspelt);
  if (meant === undefined || meant.length === 0) {
    const guess = typeof issue.input === 'string' ? didYouMean(issue.input, wordsOf(issue)) : {};
    return [complain(path, issue.message, guess)];
  }
  return meant.flatMap((inner) => explain(inner, path, complain));
}

function countKeys(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0), 0);
}

/** Whether a form of a union was ruled out as a whole: a list where a mapping is wanted, or another word. */
function isOfOtherKind(issue: Issue): boolean {
  return issue.path.length === 0 && issue.code !== 'unrecognized_keys' && issue.code !== 'too_small';
}

function wordsOf(issue: Extract<Issue, { code: 'invalid_union' }>): string[] {
  return issue.errors
    .flat()
    .flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []));
}

const KINDS: Readonly<Record<string, string>> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function wrongType(issue: Extract<Issue, { code: 'invalid_type' }>): string {
  if (!isDefaultMessage(issue)) return issue.message;
  const expected = KINDS[issue.expected] ?? issue.expected;
  return issue.input === undefined ? `is missing: expected ${expected}` : `expected ${expected}`;
}

function typeAdvice(issue: Extract<Issue, { code: 'invalid_type' }>): { readonly suggestion?: string } {
  const mapping = issue.expected === 'object' || issue.expected === 'record';
  if (issue.input === null && mapping) return { suggestion: 'write {} for nothing in particular' };
  const scalar = typeof issue.input === 'number' || typeof issue.input === 'boolean';
  if (issue.expected === 'string' && scalar)
    return { suggestion: `put it in quotes: "${String(issue.input)}"` };
  if (issue.expected === 'array' && typeof issue.input === 'string')
    return { suggestion: `write [${issue.input}]` };
  return {};
}

/** zod's own sentences speak to programmers; ours are set in the schema. */
function isDefaultMessage(issue: Issue): boolean {
  return /^(Invalid|Too (big|small))\b/.test(issue.message);
}

function missingOwners(data: unknown, complain: Complain): PolicyComplaint[] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return [];
  const document = data as { readonly preset?: unknown; readonly owners?: unknown };
  if ((document.preset ?? 'production') !== 'production') return [];
  const owners: object =
    typeof document.owners === 'object' && document.owners !== null ? document.owners : {};
  return OWNED_AXES.filter((axis) => !(axis in owners)).map((axis) =>
    complain(['owners', axis], `production wants an owner for the ${axis} axis`, {
      suggestion: `owners: { ${axis}: <team> }`,
    }),
  );
}

/** PostgreSQL's own parser, and what is refused before a statement is looked at: no statement, several, anything that is not a SELECT. */
import { createRequire } from 'node:module';
import type { RawStmt, SelectStmt } from 'libpg-query';
import { type Denial, deny } from '../errors.js';
import { placeOfByte, placeOfCharacter } from './judge/place.js';
import type { Parsed } from './judged.js';
import { LEVELS, nestingBound, tooDeep, UNSCANNED_BYTES } from './nesting.js';
import { statementKind } from './statement-kind.js';

type Parser = typeof import('libpg-query');

/** Bytes of UTF-8 that a statement may have. */
export const TEXT_BYTES = 16_384;

/** A syntax error's message repeats a word of the statement, which may be as long as the statement. */
const MESSAGE_CHARACTERS = 200;

const ONE_SELECT = 'Write one SELECT statement: this tool reads, and each call runs one statement.';

const require = createRequire(import.meta.url);
let parser: Parser | undefined;
let loading: Promise<void> | undefined;

/** Loads the parser: some 50 ms, once in a process. */
export async function loadParser(): Promise<void> {
  loading ??= freshParser();
  await loading;
}

async function freshParser(): Promise<void> {
  try {
    const fresh = require('libpg-query') as Parser;
    await fresh.loadModule();
    parser = fresh;
  } catch (error) {
    loading = undefined;
    throw error;
  }
}

/**
 * What is left in the module's memory after an exception that is not PostgreSQL's own is not to be trusted. Another one is made of the
 * same code; until it is there, nothing is judged.
 */
function discardParser(): void {
  parser = undefined;
  loading = undefined;
  delete require.cache[require.resolve('libpg-query')];
  // A second failure shows at the next statement, which tries again.
  loadParser().catch(() => undefined);
}

/**
 * Reads one SELECT. Anything else is refused: text that PostgreSQL could not read, or that it would read otherwise than we do, several
 * statements, other statements, and what is too long or nests too deep to be handled safely. Call {@link loadParser} first.
 */
export function parseSelect(text: string): Parsed | Denial {
  if (typeof text !== 'string' || text.includes('\0') || /\p{Surrogate}/u.test(text)) {
    return deny(
      'sql_invalid',
      'sql.text',
      'The statement is not text that PostgreSQL can store: it has a NUL character or half a character.',
      'Send plain text in Unicode.',
    );
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > TEXT_BYTES) {
    return deny(
      'limit_exceeded',
      'sql.length',
      `The statement has ${bytes} bytes, and may have ${TEXT_BYTES}.`,
      'Ask in parts, or for fewer values at once.',
    );
  }
  if (parser === undefined) {
    loadParser().catch(() => undefined);
    return unreadable();
  }
  try {
    if (bytes > UNSCANNED_BYTES && nestsTooDeep(parser, text)) return tooDeep();
    return oneSelect(text === '' ? [] : (parser.parseSync(text).stmts ?? []), text);
  } catch (error) {
    const told = syntaxError(error, text);
    if (told !== undefined) return told;
    discardParser();
    return unreadable();
  }
}

/**
 * Reads text that the guard wrote itself, which has the agent's names and literals in it: the SELECT that it is, and undefined where it
 * is anything else. Its tree is as deep as the agent's own, so what {@link parseSelect} let through does not overflow here.
 */
export function readBack(text: string): SelectStmt | undefined {
  if (parser === undefined) return undefined;
  try {
    const [first, second] = parser.parseSync(text).stmts ?? [];
    const statement = first?.stmt;
    if (statement === undefined || second !== undefined) return undefined;
    return 'SelectStmt' in statement ? statement.SelectStmt : undefined;
  } catch (error) {
    if (syntaxError(error, text) === undefined) discardParser();
    return undefined;
  }
}

function unreadable(): Denial {
  return deny(
    'sql_invalid',
    'sql.parser',
    'The parser could not take the statement, and nothing was run.',
    'Try again in a moment, with a simpler statement.',
  );
}

function nestsTooDeep({ scanSync }: Parser, text: string): boolean {
  // The scanner's own answer is not JSON where a token has one of these. They separate tokens or stand in a literal.
  const printable = text.replace(/[\x01-\x08\x0b\x0c\x0e-\x1f]/g, ' ');
  try {
    return nestingBound(scanSync(printable).tokens) > LEVELS;
  } catch (error) {
    // The scanner complained, so the parser will, without building a tree.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function oneSelect([first, second]: readonly RawStmt[], text: string): Parsed | Denial {
  if (first?.stmt === undefined) {
    return deny('sql_invalid', 'sql.statement', 'There is no statement in the text.', ONE_SELECT);
  }
  if (second !== undefined) return refusedStatement('A second statement begins', second, text);
  if ('SelectStmt' in first.stmt) return { select: first.stmt.SelectStmt };
  const [kind = ''] = Object.keys(first.stmt);
  return refusedStatement(`A statement other than SELECT (${statementKind(kind)}) begins`, first, text);
}

function refusedStatement(what: string, { stmt_location: location = 0 }: RawStmt, text: string): Denial {
  const bytes = Buffer.from(text);
  let start = location;
  while (start < bytes.length && (bytes[start] ?? 0) <= 0x20) start += 1;
  return deny('sql_refused', 'sql.statement', `${what} at ${placeOfByte(text, start)}.`, ONE_SELECT);
}

/** PostgreSQL's own words about the agent's own text, and where in it; undefined for any other exception. */
function syntaxError(error: unknown, text: string): Denial | undefined {
  if (!(error instanceof Error) || error.name !== 'SqlError' || !('sqlDetails' in error)) return undefined;
  if (error.message.startsWith('memory exhausted')) return tooDeep();
  const { cursorPosition = 0 } = error.sqlDetails as { readonly cursorPosition?: number };
  const characters = [...error.message];
  const message =
    characters.length > MESSAGE_CHARACTERS
      ? `${characters.slice(0, MESSAGE_CHARACTERS).join('')}…`
      : error.message;
  return deny(
    'sql_invalid',
    'sql.syntax',
    `PostgreSQL cannot read the statement: ${message} (${placeOfCharacter(text, cursorPosition)}).`,
    'Correct it there. Texts take single quotes, names take double quotes or none.',
  );
}

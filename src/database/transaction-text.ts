/**
 * Statements of transaction control, as far as code that was lent a connection has to be understood: what it begins and ends becomes a
 * savepoint of the call's transaction.
 *
 * A text that is read wrongly here is not mistaken for long: the server's answer says what was done, and the event that must come with
 * every commit is asked for by the database itself.
 */

export type TransactionControl =
  | { readonly kind: 'begin'; readonly modes: readonly string[] }
  | { readonly kind: 'commit' | 'rollback'; readonly chain: boolean }
  | { readonly kind: 'savepoint' | 'release' | 'rollback_to'; readonly name: string }
  /** `set transaction`, `set session characteristics`. */
  | { readonly kind: 'set'; readonly modes: readonly string[] }
  /** Two-phase commit. */
  | { readonly kind: 'prepared' };

/** What a text of one such statement says; null for anything else, and for several statements. */
export function transactionControl(text: string): TransactionControl | null {
  const tokens = firstStatement(text);
  if (tokens === null) return null;
  const words = tokens.filter((word) => word !== 'work' && word !== 'transaction');
  const [first, second] = words;
  const after = (count: number): readonly string[] => words.slice(count);
  switch (first) {
    case 'begin':
      return { kind: 'begin', modes: modesOf(after(1)) };
    case 'start':
      return tokens[1] === 'transaction' ? { kind: 'begin', modes: modesOf(after(1)) } : null;
    case 'commit':
    case 'end':
      if (second === 'prepared') return { kind: 'prepared' };
      return { kind: 'commit', chain: chains(after(1)) };
    case 'rollback':
    case 'abort':
      if (second === 'prepared') return { kind: 'prepared' };
      if (second === 'to') return { kind: 'rollback_to', name: savepointName(after(2)) };
      return { kind: 'rollback', chain: chains(after(1)) };
    case 'savepoint':
      return { kind: 'savepoint', name: savepointName(after(1)) };
    case 'release':
      return { kind: 'release', name: savepointName(after(1)) };
    case 'prepare':
      return tokens[1] === 'transaction' ? { kind: 'prepared' } : null;
    case 'set':
      if (tokens[1] === 'transaction' || (tokens[1] === 'local' && tokens[2] === 'transaction'))
        return { kind: 'set', modes: modesOf(words.slice(tokens[1] === 'local' ? 2 : 1)) };
      if (second === 'session' && tokens[2] === 'characteristics')
        return { kind: 'set', modes: modesOf(after(4)) };
      return null;
    default:
      return null;
  }
}

/** The characters that a statement of transaction control may have; longer ones are something else. */
const LENGTH = 1_000;

/** Its words in lower case, names as they are meant, commas left out; null where something follows the semicolon. */
function firstStatement(text: string): readonly string[] | null {
  if (text.length > LENGTH) return null;
  const words: string[] = [];
  let at = 0;
  let ended = false;
  while (at < text.length) {
    const rest = text.slice(at);
    const gap = /^(?:\s+|--[^\n\r]*|,)/.exec(rest);
    if (gap !== null) {
      at += gap[0].length;
      continue;
    }
    if (rest.startsWith('/*')) {
      at += commentLength(rest);
      continue;
    }
    if (rest.startsWith(';')) {
      ended = true;
      at += 1;
      continue;
    }
    if (ended) return null;
    const word = /^(?:[\p{L}_][\p{L}\p{N}_$]*|"(?:[^"]|"")+"|'[^']*')/u.exec(rest);
    if (word === null) return null;
    const [found] = word;
    words.push(found.startsWith('"') ? found.slice(1, -1).replaceAll('""', '"') : found.toLowerCase());
    at += found.length;
  }
  return words;
}

/** Comments nest in PostgreSQL. */
function commentLength(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const two = text.slice(at, at + 2);
    if (two === '/*') {
      depth++;
      at++;
    } else if (two === '*/') {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

function chains(words: readonly string[]): boolean {
  return words.includes('chain') && !words.includes('no');
}

function savepointName(words: readonly string[]): string {
  return (words[0] === 'savepoint' ? words[1] : words[0]) ?? '';
}

const MODES = [
  'isolation level serializable',
  'isolation level repeatable read',
  'isolation level read committed',
  'isolation level read uncommitted',
  'read write',
  'read only',
  'not deferrable',
  'deferrable',
] as const;

/** The modes one by one; what is none is one of its own. */
function modesOf(words: readonly string[]): readonly string[] {
  const modes: string[] = [];
  let rest = words.join(' ');
  while (rest !== '') {
    const mode = MODES.find((one) => rest === one || rest.startsWith(`${one} `)) ?? rest;
    modes.push(mode);
    rest = rest.slice(mode.length).trim();
  }
  return modes;
}

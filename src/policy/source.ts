/**
 * The policy file as text: YAML 1.2 read into plain data, with the place of every key kept.
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import { type PolicyComplaint, type PolicyPath, type Position, printPath } from './complaint.js';

export interface PolicySource {
  /** Plain data: strings, numbers, booleans, nulls, arrays and objects. */
  readonly data: unknown;
  /** The place of a key, or of the deepest part of the path that exists. */
  locate(path: PolicyPath): Position;
}

/** Far beyond any policy; small enough that reading one costs nothing. */
const LONGEST_FILE = 2 * 1024 * 1024;
const DEEPEST = 100;
const TOO_DEEP = `nested deeper than ${DEEPEST} levels, and no policy is`;
const START: Position = { line: 1, column: 1 };

/** Reads YAML text, or says everything that is wrong with it as YAML. */
export function readSource(
  text: string,
): { readonly source: PolicySource } | { readonly complaints: readonly PolicyComplaint[] } {
  const whole = (
    message: string,
    suggestion?: string,
  ): { readonly complaints: readonly PolicyComplaint[] } => ({
    complaints: [{ ...START, path: '', message, ...(suggestion === undefined ? {} : { suggestion }) }],
  });
  if (text.length > LONGEST_FILE) return whole('the file is longer than 2 MiB, and no policy is');

  const lines = new LineCounter();
  let document: Document;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  } catch (error) {
    // The parser recurses, and so runs out of stack on text made for that.
    if (error instanceof RangeError) return whole(TOO_DEEP);
    throw error;
  }
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) return { complaints: faults.map((fault) => yamlComplaint(fault, lines)) };
  if (document.contents === null)
    return whole('the file is empty', 'ringfence init writes one from your database');

  const locate = (path: PolicyPath): Position => locateIn(document, lines, path);
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    if (error instanceof RangeError) return whole(TOO_DEEP);
    if (!(error instanceof ReferenceError)) throw error;
    const lost = unresolvedAliases(document, lines);
    return lost.length > 0
      ? { complaints: lost }
      : whole('the file’s aliases (*name) expand without measure', 'write the parts out');
  }
  const complaints = unfitValues(data, []).map(({ path, message }) => ({
    ...locate(path),
    path: printPath(path),
    message,
  }));
  return complaints.length > 0 ? { complaints } : { source: { data, locate } };
}

function yamlComplaint(
  fault: { readonly code: string; readonly message: string; readonly pos: readonly [number, number] },
  lines: LineCounter,
): PolicyComplaint {
  const { line, col } = lines.linePos(fault.pos[0]);
  const place = { line: Math.max(line, 1), column: Math.max(col, 1), path: '' };
  if (fault.code === 'DUPLICATE_KEY')
    return { ...place, message: 'this key is already there, higher up', suggestion: 'join the two' };
  if (fault.code === 'BAD_ALIAS') return { ...place, ...NO_ALIAS };
  return { ...place, message: `not YAML: ${fault.message}` };
}

const NO_ALIAS = {
  message: 'an unquoted * refers to another part of the file, and there is none of that name',
  suggestion: 'text that begins with * goes in quotes: "*password*"',
} as const;

function unresolvedAliases(document: Document, lines: LineCounter): readonly PolicyComplaint[] {
  const complaints: PolicyComplaint[] = [];
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return;
      const { line, col } = lines.linePos(startOf(alias) ?? 0);
      complaints.push({ line, column: col, path: '', ...NO_ALIAS });
    },
  });
  return complaints;
}

/** Values that YAML can say and a policy cannot. */
function unfitValues(
  value: unknown,
  path: PolicyPath,
): { readonly path: PolicyPath; readonly message: string }[] {
  if (typeof value === 'number' && !Number.isFinite(value))
    return [{ path, message: 'is not a finite number' }];
  if (typeof value === 'bigint')
    return [{ path, message: 'is a number too large to keep: put it in quotes' }];
  if (Array.isArray(value) && path.length < DEEPEST)
    return value.flatMap((item, index) => unfitValues(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  if (path.length >= DEEPEST) return [{ path, message: TOO_DEEP }];
  return Object.entries(value).flatMap(([key, item]) =>
    key === '__proto__'
      ? [{ path: [...path, key], message: '__proto__ cannot be a name here' }]
      : unfitValues(item, [...path, key]),
  );
}

function locateIn(document: Document, lines: LineCounter, path: PolicyPath): Position {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => (isScalar(key) ? String(key.value ?? '') : undefined) === String(part),
      );
      if (pair === undefined) break;
      offset = startOf(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      if (node === undefined) break;
      offset = startOf(node) ?? offset;
    } else break;
  }
  const { line, col } = lines.linePos(offset);
  return line === 0 ? START : { line, column: col };
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

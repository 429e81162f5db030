/** Which values tell whose row they are from, and where they stand in an answer. */
import type { CatalogColumn, CatalogTable } from '../../policy/catalog.js';
import { kindOf } from '../../policy/value.js';

/** Whether values of a column are likely to be a row's own: keys, texts, uuids. */
export function isTelling(table: Pick<CatalogTable, 'uniqueKeys'>, column: CatalogColumn): boolean {
  const kind = kindOf(column);
  if (kind === 'text' || kind === 'uuid') return true;
  return (
    (kind === 'integer' || kind === 'other') &&
    table.uniqueKeys.some(({ columns }) => columns.length === 1 && columns[0] === column.name)
  );
}

/** A text so long and so mixed that it does not stand somewhere by chance. */
export function isDistinctive(text: string): boolean {
  return text.length >= 8 && /\p{L}/u.test(text) && new Set(text).size >= 4;
}

/** Every text and number in a value, keys of objects among them. */
export function leavesOf(value: unknown): readonly string[] {
  const found: string[] = [];
  const visit = (at: unknown): void => {
    if (typeof at === 'string') found.push(at);
    else if (typeof at === 'number' || typeof at === 'bigint' || typeof at === 'boolean')
      found.push(String(at));
    else if (Array.isArray(at)) for (const item of at) visit(item);
    else if (typeof at === 'object' && at !== null) {
      for (const [key, item] of Object.entries(at)) {
        found.push(key);
        visit(item);
      }
    }
  };
  visit(value);
  return found;
}

/** What an answer says, a cursor's content included, without what is the gate's own. */
export function saidIn(answer: object): readonly string[] {
  const {
    event: _event,
    ms: _ms,
    rule: _rule,
    needsApproval: _rules,
    approval: _approval,
    nextCursor,
    ...said
  } = answer as Record<string, unknown>;
  const carried =
    typeof nextCursor === 'string'
      ? [Buffer.from(nextCursor.split('.')[1] ?? '', 'base64url').toString()]
      : [];
  return [...leavesOf(said), ...carried];
}

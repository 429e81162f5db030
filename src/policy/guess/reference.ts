/**
 * Tables that no key leads from to a tenant: which of them are everybody's reference data, and which stay out.
 * To share a table by mistake is to show one tenant's rows to all, so sharing needs evidence, and doubt keeps a table out.
 */
import type { CatalogForeignKey, CatalogTable } from '../catalog.js';
import { conceptWeight } from './concepts.js';
import { type Confidence, idOf, type Tenancy } from './guess.js';
import { isAboutPeople, personalColumns } from './personal.js';
import { whyKeptFromRoles } from './secrets.js';
import { headOf, keyStem, looksLikeKey, rowWords, singular, snake } from './words.js';

/** What is believed of a table without an owner. */
export type Unowned =
  | { readonly kind: 'shared'; readonly why: string; readonly confidence: Confidence }
  | { readonly kind: 'withheld'; readonly why: string; readonly suggestion?: Tenancy };

/** Rows of these names happen, or are said by somebody: they are not reference data, however few keys they have. */
const ACTS =
  /^(order|invoice|payment|transaction|subscription|shipment|booking|reservation|ticket|cart|basket|quote|file|document|attachment|upload|image|photo|picture|comment|review|conversation|thread|chat|note|task|address|request|transfer|refund|receipt|bill|statement|contract|deal|opportunity|application|appointment|prescription|visit|rental|message|mail|email|sms|notification|log|event|audit|history|job|queue|lock|cache|outbox|inbox|webhook|hook|delivery|attempt|trace|archive|backup|import|export|snapshot|report|setting|config|configuration|preference|option|secret|record|entry|activity|session|login|campaign|survey|response|answer|vote|rating|like|follow|favorite|wishlist|usage|metric|measurement|reading|balance|ledger|expense|loan|claim|incident|alert|case|issue|post|article|page|project|folder|feed|meeting|call|lead|membership|invitation|invite|device)$/;
/** Rows of these names are kinds of things. */
const KINDS =
  /^(type|status|state|category|subcategory|kind|country|currency|language|locale|timezone|region|province|city|unit|genre|format|method|level|tier|plan|class|code|color|colour|size|brand|manufacturer|tag|label|role|permission|reason|priority|severity|gender|title|rate|tax|holiday|icd|feature|capability|skill|industry|sector|continent|zone|carrier|template|product|sku|catalog|catalogue|model|make|species|subject|course|specialty|speciality|procedure|drug|symbol|lookup|reference|definition|dimension)$/;
const DESCRIPTIVE =
  /(^|_)(id|uuid|name|title|label|code|slug|description|symbol|abbreviation|abbr|iso\w*|alpha\d?|sort|position|order|rank|priority|level|active|enabled|deprecated|color|colour|icon|locale|native|plural|rate|factor|digits|precision|numeric|created|updated|at|on|key|type)$/;
/** Shares of people in a table without a key to them. */
const ABOUT_SOMEBODY =
  /(^|_)(user|person|member|customer|client|patient|employee|owner|author|creator|sender|recipient|created_by|updated_by|session|visitor|device)(_(id|uuid|guid|by|name))?$/;

const SHARED: Tenancy = { kind: 'shared' };

/** Sorts every table outside `owned`. `tables` are all that could be in a policy. */
export function sortUnowned(
  tables: readonly CatalogTable[],
  owned: ReadonlySet<string>,
): ReadonlyMap<string, Unowned> {
  const unowned = tables.filter((table) => !owned.has(idOf(table)));
  const graph = new Links(tables);
  const result = new Map<string, Unowned>();
  const withhold = (table: CatalogTable, why: string, suggestion?: Tenancy): void => {
    result.set(idOf(table), { kind: 'withheld', why, ...(suggestion === undefined ? {} : { suggestion }) });
  };
  for (const table of unowned) {
    const block = whyNotShared(table, tables, owned);
    if (block !== null) withhold(table, block.why, block.suggestion);
  }
  withholdDependants(unowned, graph, owned, result, withhold);

  const left = unowned.filter((table) => !result.has(idOf(table)));
  const shared = shareOnEvidence(left, graph, owned);
  for (const table of left) {
    const evidence = shared.get(idOf(table));
    if (evidence !== undefined) result.set(idOf(table), { kind: 'shared', ...evidence });
    else
      withhold(
        table,
        'no key leads from it to a tenant, and nothing shows that its rows are everybody’s',
        SHARED,
      );
  }
  return result;
}

class Links {
  readonly #out = new Map<string, readonly { readonly key: CatalogForeignKey; readonly to: string }[]>();
  readonly #in = new Map<string, string[]>();

  constructor(tables: readonly CatalogTable[]) {
    for (const table of tables) {
      const id = idOf(table);
      const out = table.foreignKeys
        .map((key) => ({ key, to: idOf({ schema: key.refSchema, name: key.refTable }) }))
        .filter(({ to }) => to !== id);
      this.#out.set(id, out);
      for (const { to } of out) this.#in.set(to, [...(this.#in.get(to) ?? []), id]);
    }
  }

  out(table: CatalogTable): readonly { readonly key: CatalogForeignKey; readonly to: string }[] {
    return this.#out.get(idOf(table)) ?? [];
  }

  into(table: CatalogTable): readonly string[] {
    return this.#in.get(idOf(table)) ?? [];
  }
}

function whyNotShared(
  table: CatalogTable,
  tables: readonly CatalogTable[],
  owned: ReadonlySet<string>,
): { readonly why: string; readonly suggestion?: Tenancy } | null {
  const kept = whyKeptFromRoles(table);
  if (kept !== null) return { why: kept };
  if (isAboutPeople(table)) return { why: 'its rows are people, and no key leads from it to a tenant' };
  if (conceptWeight(headOf(table.name)) >= 10)
    return { why: 'its rows may be tenants, and no key leads from it to one' };
  const personal = personalColumns(table).find(({ kind }) => kind !== 'anything');
  if (personal !== undefined)
    return {
      why: `${personal.column} looks personal (${personal.kind}), and no key leads from the table to a tenant`,
    };
  const declared = new Set(table.foreignKeys.flatMap((key) => key.columns));
  for (const { name } of table.columns) {
    if (declared.has(name)) continue;
    const target = undeclaredTarget(table, name, tables, owned);
    if (target !== null) return target;
    if (ABOUT_SOMEBODY.test(snake(name)) || (looksLikeKey(name) && conceptWeight(name) > 0))
      return { why: `${name} says that its rows are somebody’s, and no foreign key says whose` };
  }
  const head = headOf(table.name);
  const words = rowWords(table.name);
  const act = KINDS.test(head) ? ACTS.test(head) : words.some((word) => ACTS.test(singular(word)));
  if (act || words.some((word) => /^(audit|log|logs|history|temp|tmp|backup|staging)$/.test(word)))
    return {
      why: 'its rows look like what somebody did or said, and no key leads from it to a tenant',
      suggestion: SHARED,
    };
  return null;
}

/** `order_id` in a table without keys, beside a table of orders that has a tenant. */
function undeclaredTarget(
  table: CatalogTable,
  column: string,
  tables: readonly CatalogTable[],
  owned: ReadonlySet<string>,
): { readonly why: string; readonly suggestion?: Tenancy } | null {
  if (!looksLikeKey(column)) return null;
  const stem = singular(keyStem(column));
  const target = tables.find(
    (other) =>
      other !== table &&
      (owned.has(idOf(other)) || isAboutPeople(other) || ACTS.test(headOf(other.name))) &&
      [headOf(other.name), rowWords(other.name).join('')].includes(stem),
  );
  if (target === undefined) return null;
  const why = `${column} looks like a key to ${target.name}, and no foreign key says so`;
  const key = target.primaryKey.length === 1 ? target.primaryKey[0] : undefined;
  if (key === undefined || !owned.has(idOf(target))) return { why };
  return {
    why,
    suggestion: { kind: 'via', parent: target, columns: [column], parentColumns: [key], explicit: true },
  };
}

/** What points at a table that stays out, or at somebody's row, is not everybody's. */
function withholdDependants(
  unowned: readonly CatalogTable[],
  graph: Links,
  owned: ReadonlySet<string>,
  result: ReadonlyMap<string, Unowned>,
  withhold: (table: CatalogTable, why: string, suggestion?: Tenancy) => void,
): void {
  let changed = true;
  while (changed) {
    changed = false;
    for (const table of unowned) {
      if (result.has(idOf(table))) continue;
      const toOwned = graph.out(table).find(({ to }) => owned.has(to));
      const toWithheld = graph.out(table).find(({ to }) => result.has(to));
      if (toOwned !== undefined)
        withhold(
          table,
          `its only keys to a tenant’s rows (${toOwned.key.columns.join(', ')}) say who touched a row, not whose it is`,
          SHARED,
        );
      else if (toWithheld !== undefined)
        withhold(table, `it points at ${toWithheld.key.refTable}, which is not in this policy`);
      else continue;
      changed = true;
    }
  }
}

function shareOnEvidence(
  left: readonly CatalogTable[],
  graph: Links,
  owned: ReadonlySet<string>,
): ReadonlyMap<string, { readonly why: string; readonly confidence: Confidence }> {
  const shared = new Map<string, { readonly why: string; readonly confidence: Confidence }>();
  let changed = true;
  while (changed) {
    changed = false;
    for (const table of left) {
      if (shared.has(idOf(table))) continue;
      const evidence = evidenceFor(table, graph, owned, shared);
      if (evidence === null) continue;
      shared.set(idOf(table), evidence);
      changed = true;
    }
  }
  return shared;
}

function evidenceFor(
  table: CatalogTable,
  graph: Links,
  owned: ReadonlySet<string>,
  shared: ReadonlyMap<string, unknown>,
): { readonly why: string; readonly confidence: Confidence } | null {
  const kind = KINDS.test(headOf(table.name));
  const out = graph.out(table);
  const into = graph.into(table);
  const lookup =
    out.length === 0 &&
    table.primaryKey.length > 0 &&
    table.columns.length <= 8 &&
    table.columns.every(({ name, category }) => category === 'B' || DESCRIPTIVE.test(snake(name)));
  if (into.some((id) => owned.has(id)) || into.some((id) => shared.has(id))) {
    const why = 'other tables only refer to it, and nothing in it points at a tenant or a person';
    return { why, confidence: kind || lookup ? 'high' : 'medium' };
  }
  if (lookup) return { why: 'it only names and describes things', confidence: kind ? 'high' : 'medium' };
  if (kind && out.every(({ to }) => shared.has(to)))
    return { why: 'it is called like reference data', confidence: 'medium' };
  const linked = new Set(out.flatMap(({ key }) => key.columns));
  const keysOnly = table.primaryKey.length > 0 && table.primaryKey.every((name) => linked.has(name));
  if (out.length > 0 && keysOnly && out.every(({ to }) => shared.has(to)))
    return { why: 'it only links reference data', confidence: 'medium' };
  const parentNames = out.map(({ key }) => rowWords(key.refTable).join('_'));
  const partOf = parentNames.some((name) => rowWords(table.name).join('_').startsWith(`${name}_`));
  if (partOf && out.every(({ to }) => shared.has(to)))
    return { why: 'it is a part of reference data', confidence: 'low' };
  return null;
}

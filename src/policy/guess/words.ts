/**
 * The words inside a database name, however it is spelt: `OrganizationID`, `organization_id`, `"Organization Id"`.
 */

/** Names repeat: in a large schema most columns are called like a hundred others. */
const known = new Map<string, readonly string[]>();
const MOST_KNOWN = 20_000;

/** Word by word, in lower case. */
export function wordsOf(name: string): readonly string[] {
  const before = known.get(name);
  if (before !== undefined) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const words = split(name);
  known.set(name, words);
  return words;
}

function split(name: string): readonly string[] {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1_$2')
    .replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1_$2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** All words in one, for spellings that run words together: `tenantid`. */
export function squash(name: string): string {
  return wordsOf(name).join('');
}

/** The words with underscores between them: what the patterns of the guesses are matched against. */
export function snake(name: string): string {
  return wordsOf(name).join('_');
}

const IRREGULAR: Readonly<Record<string, string>> = {
  people: 'person',
  children: 'child',
  statuses: 'status',
  addresses: 'address',
  aliases: 'alias',
  taxes: 'tax',
  series: 'series',
  news: 'news',
  data: 'data',
  media: 'media',
};

/** `companies` → `company`. Good enough to compare the names of tables and columns, and for nothing else. */
export function singular(word: string): string {
  const irregular = Object.hasOwn(IRREGULAR, word) ? IRREGULAR[word] : undefined;
  if (irregular !== undefined) return irregular;
  if (/[^aeiou]ies$/.test(word)) return word.replace(/ies$/, 'y');
  if (/(ss|x|z|ch|sh)es$/.test(word)) return word.replace(/es$/, '');
  if (/[^sui]s$/.test(word)) return word.replace(/s$/, '');
  return word;
}

/** The words of a table's name, the last one in the singular: what one row of it is. */
export function rowWords(table: string): readonly string[] {
  const words = wordsOf(table);
  return words.map((word, index) => (index === words.length - 1 ? singular(word) : word));
}

/** The word that says what a row is: `crm_order_items` → `item`. */
export function headOf(table: string): string {
  return rowWords(table).at(-1) ?? '';
}

const KEY_SUFFIXES = new Set([
  'id',
  'uuid',
  'guid',
  'key',
  'code',
  'ref',
  'no',
  'slug',
  'fk',
  'pk',
  'oid',
  'uid',
]);

/** What a key column points at, squashed: `org_id` → `org`, `tenantid` → `tenant`, `organization` → `organization`. */
export function keyStem(column: string): string {
  const words = wordsOf(column);
  const last = words.at(-1) ?? '';
  if (words.length > 1 && KEY_SUFFIXES.has(last)) return words.slice(0, -1).join('');
  return words.join('').replace(/(?<=.{2})(uuid|guid|id)$/, '');
}

/** Whether a column is named as a key to something: `order_id`, `orderId`, `ORDERID`. */
export function looksLikeKey(column: string): boolean {
  const words = wordsOf(column);
  const last = words.at(-1) ?? '';
  return words.length > 1 && ['id', 'uuid', 'guid', 'fk', 'oid', 'uid'].includes(last);
}

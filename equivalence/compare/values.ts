/**
 * Values of both sides in one form. A tenant's own database gives PostgreSQL's text, and what JSON it stands for is said by the table in
 * docs/tools.md; numbers are compared without the zeros that end them, since 1.5 and 1.50 are equal to SQL.
 */

/** By oid, which for PostgreSQL's own types is the same everywhere. */
const READERS: ReadonlyMap<number, (text: string) => unknown> = new Map([
  [16, (text) => text === 't' || text === 'true'],
  [20, decimal],
  [21, decimal],
  [23, decimal],
  [700, float],
  [701, float],
  [1700, decimal],
  [114, (text) => canonical(JSON.parse(text))],
  [3802, (text) => canonical(JSON.parse(text))],
  [1114, (text) => text.replace(' ', 'T')],
  [1184, (text) => text.replace(' ', 'T').replace(/([+-]\d\d)( BC)?$/, '$1:00$2')],
]);

/** Array to element. */
const ELEMENTS: ReadonlyMap<number, number> = new Map([
  [1000, 16],
  [1005, 21],
  [1007, 23],
  [1009, 25],
  [1015, 1043],
  [1016, 20],
  [1022, 701],
  [1115, 1114],
  [1182, 1082],
  [1185, 1184],
  [1231, 1700],
  [2951, 2950],
  [3807, 3802],
]);

const NUMBERS: ReadonlySet<number> = new Set([20, 21, 23, 700, 701, 1700]);
const DOCUMENTS: ReadonlySet<number> = new Set([114, 3802]);

/** What a value should be in an answer of ours, comparable. */
export function expectedValue(text: string | null, typeOid: number): unknown {
  if (text === null) return null;
  const element = ELEMENTS.get(typeOid);
  if (element !== undefined) return expectedArray(arrayOf(text), element);
  const read = READERS.get(typeOid);
  return read === undefined ? text : read(text);
}

function expectedArray(array: readonly unknown[], element: number): unknown[] {
  return array.map((item) =>
    Array.isArray(item) ? expectedArray(item, element) : expectedValue(item as string | null, element),
  );
}

/** What came in an answer of ours, comparable. */
export function givenValue(value: unknown, typeOid: number): unknown {
  if (value === null || value === undefined) return null;
  const element = ELEMENTS.get(typeOid);
  if (element !== undefined && Array.isArray(value))
    return value.map((item) => givenValue(item, Array.isArray(item) ? typeOid : element));
  if (NUMBERS.has(typeOid)) {
    const isFloat = typeOid === 700 || typeOid === 701;
    return isFloat ? float(String(value)) : decimal(String(value));
  }
  return DOCUMENTS.has(typeOid) ? canonical(value) : value;
}

/** Digits without a point's idle zeros. */
function decimal(text: string): string {
  const plain = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return plain === '-0' ? '0' : plain;
}

function float(text: string): string {
  const value = Number(text);
  return Number.isNaN(value) && text !== 'NaN' ? text : String(value);
}

/** A document with its keys in one order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

/** PostgreSQL's text of an array: its own reader, not the product's. */
function arrayOf(text: string): unknown[] {
  let at = text.indexOf('{');
  const list = (): unknown[] => {
    const items: unknown[] = [];
    at += 1;
    while (text[at] !== '}') {
      if (text[at] === ',') at += 1;
      else if (text[at] === '{') items.push(list());
      else items.push(item());
    }
    at += 1;
    return items;
  };
  const item = (): string | null => {
    const quoted = text[at] === '"';
    let value = '';
    if (quoted) at += 1;
    while (quoted ? text[at] !== '"' : text[at] !== ',' && text[at] !== '}') {
      if (text[at] === '\\') at += 1;
      value += text[at];
      at += 1;
    }
    if (quoted) at += 1;
    return !quoted && value === 'NULL' ? null : value;
  };
  return list();
}

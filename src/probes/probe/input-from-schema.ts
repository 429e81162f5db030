/** An input for a tool of the product's own, made from what its JSON Schema says. */

type Schema = Readonly<Record<string, unknown>>;

/** What to put at a place of the input instead of what the schema alone suggests; undefined leaves it. */
export type Choose = (path: string, schema: Schema) => unknown;

/** A value that the schema should accept; what it cannot say (a pattern, a check in code) may still refuse it. */
export function inputFor(schema: Schema, choose: Choose): unknown {
  return valueFor(schema, '', choose, schema, 0);
}

/** The places of an input that hold one text or number each, as `items.id`. */
export function placesOf(schema: Schema): readonly string[] {
  const places: string[] = [];
  inputFor(schema, (path, { type }) => {
    if (path !== '' && (type === 'string' || type === 'number' || type === 'integer')) places.push(path);
    return undefined;
  });
  return [...new Set(places)];
}

/** A word as the schema wants it; undefined where it cannot be that. */
export function asType(word: unknown, type: unknown): unknown {
  if (type === 'string' && typeof word !== 'object') return String(word);
  if (type !== 'number' && type !== 'integer') return word;
  const number = Number(word);
  return Number.isFinite(number) ? number : undefined;
}

const DEEPEST = 8;
const FORMATS: Readonly<Record<string, string>> = {
  date: '2027-01-31',
  'date-time': '2027-01-31T12:00:00Z',
  time: '12:00:00',
  email: 'probe@example.com',
  uuid: '6f1c1a52-7d3e-4a57-9d5b-0c6c0a6f9f10',
  uri: 'https://example.com/',
};

function valueFor(given: Schema, path: string, choose: Choose, root: Schema, depth: number): unknown {
  const schema = resolve(given, root);
  const chosen = choose(path, schema);
  if (chosen !== undefined) return chosen;
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if ('default' in schema) return schema.default;
  const [first] = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((one) =>
    Array.isArray(one) ? one : [],
  );
  if (first !== undefined && depth < DEEPEST) return valueFor(first as Schema, path, choose, root, depth + 1);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'string':
      return FORMATS[String(schema.format ?? '')] ?? 'probe'.padEnd(Number(schema.minLength ?? 0), 'x');
    case 'integer':
    case 'number':
      return Number(
        schema.minimum ?? (schema.exclusiveMinimum === undefined ? 1 : Number(schema.exclusiveMinimum) + 1),
      );
    case 'boolean':
      return false;
    case 'array':
      return depth >= DEEPEST || typeof schema.items !== 'object' || schema.items === null
        ? []
        : [valueFor(schema.items as Schema, path, choose, root, depth + 1)];
    case 'object':
      return objectFor(schema, path, choose, root, depth);
    default:
      return null;
  }
}

function objectFor(schema: Schema, path: string, choose: Choose, root: Schema, depth: number): unknown {
  if (depth >= DEEPEST) return {};
  return Object.fromEntries(
    Object.entries((schema.properties ?? {}) as Readonly<Record<string, Schema>>).map(([name, member]) => [
      name,
      valueFor(member, path === '' ? name : `${path}.${name}`, choose, root, depth + 1),
    ]),
  );
}

function resolve(schema: Schema, root: Schema): Schema {
  const reference = schema.$ref;
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return schema;
  let at: unknown = root;
  for (const part of reference.slice(2).split('/')) at = (at as Record<string, unknown> | undefined)?.[part];
  return (at as Schema | undefined) ?? {};
}

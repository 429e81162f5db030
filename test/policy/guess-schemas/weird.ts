/** Names that PostgreSQL allows and that YAML, SQL and JavaScript each read as something else. */

const NAMES = [
  'Order Details',
  'a.b',
  'quo"te',
  "apo'strophe",
  'back\\slash',
  'line\nbreak',
  'tab\tbed',
  '# comment',
  'a: b',
  '- dash',
  '{brace',
  '}',
  '[',
  '*star',
  '&anchor',
  '!tag',
  '%percent',
  '@at',
  '`tick',
  '|',
  '>',
  '?',
  'true',
  'null',
  'no',
  '123',
  '1e5',
  '~',
  '<<',
  '__proto__',
  'constructor',
  'toString',
  'select',
  'user',
  'table',
  'ünïcödé',
  '日本語',
  '😀',
  '\u2028sep',
  '\ufeffbom',
  ' lead',
  'trail ',
  '\u00a0nbsp',
  '\u0085nel',
  'x'.repeat(63),
  '$dollar',
  'UPPER',
  'upper',
  '...',
  '---',
  'a\r\nb: c',
  '--',
  '/*',
  "';drop",
  '$[x',
  'and',
  'or',
];

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A table per name, with a column of each other's name, in two schemas that are named as badly. */
export const WEIRD = [
  'create schema "Sche ma.1"',
  `create schema ${quote(`deep${'y'.repeat(59)}`)}`,
  'create table tenants (id integer primary key, name text)',
  ...NAMES.flatMap((name, index) => {
    const other = NAMES[(index + 7) % NAMES.length] ?? name;
    const previous = NAMES[index - 1];
    const columns = `${quote(name)} text not null, ${quote(other)} text unique, "e\n mail" text, "phone {" text, "pass word" text`;
    return [
      `create table ${quote(name)} (id serial primary key, "Tenant Id" integer not null references tenants, ${columns})`,
      `create table "Sche ma.1".${quote(name)} (
         ${quote(name)} integer primary key, ${quote('up "link')} integer not null references ${quote(name)},
         ${quote('other {link')} integer references ${quote(previous ?? name)}, ${quote(other)} text)`,
      `create table ${quote(`deep${'y'.repeat(59)}`)}.${quote(name)} (tenantid integer, ${quote(name)} varchar(20))`,
    ];
  }),
].join(';\n');

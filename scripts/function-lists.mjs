/**
 * Writes `src/guard/functions/harmless.ts`: which of PostgreSQL's own functions agent-written SQL may call, per major version.
 *
 * The answer comes from the catalogs of freshly made clusters, one per version, by the rules in `function-lists.sql`, each of which says
 * why. A test asks the servers it runs on by the same rules and compares, so that neither list nor rules change alone.
 *
 *   npm run build
 *   node scripts/function-lists.mjs 15=/usr/lib/postgresql/15/bin 16=<directory of binaries> 17=<…> 18=embedded
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startServer } from '../dist/database/server.js';

const TARGET = fileURLToPath(new URL('../src/guard/functions/harmless.ts', import.meta.url));
const rules = readFileSync(new URL('function-lists.sql', import.meta.url), 'utf8');

const found = new Map();
for (const argument of process.argv.slice(2)) {
  const [major, binDir] = argument.split('=');
  found.set(major, await harmlessOn(major, binDir === 'embedded' ? {} : { binDir }));
}
const majors = [...found.keys()].sort();
if (majors.length === 0) {
  console.error('Say which servers to ask: 15=<directory of binaries> … 18=embedded');
  process.exit(64);
}
const [oldest, ...later] = majors;
const entries = later.map((major, index) => {
  const before = found.get(majors[index]);
  const gone = [...before].filter((name) => !found.get(major).has(name));
  if (gone.length > 0)
    throw new Error(`${major} lost ${gone.join(', ')}: the file has no place for that yet`);
  const added = [...found.get(major)].filter((name) => !before.has(name));
  return `  ${major}: \`\n${packed(added)}\`,`;
});

writeFileSync(
  TARGET,
  `/**
 * Functions, aggregates and window functions of PostgreSQL's own that compute from their arguments and do nothing else: the names in
 * \`pg_catalog\` that agent-written SQL may call. Written by \`scripts/function-lists.mjs\` from the catalogs of PostgreSQL ${majors.join(', ')};
 * \`scripts/function-lists.sql\` says which rule excludes what.
 */

/** In PostgreSQL ${oldest}, and in every later version. */
export const FROM_THE_START = \`
${packed([...found.get(oldest)])}\`;

/** What each later version added. */
export const ADDED: Readonly<Record<number, string>> = {
${entries.join('\n')}
};
`,
);
const formatted = spawnSync('npx', ['biome', 'check', '--write', TARGET], { stdio: 'inherit' });
process.exit(formatted.status ?? 1);

/** Asks a fresh cluster. */
async function harmlessOn(major, options) {
  const dataDir = mkdtempSync(join(tmpdir(), `function-lists-${major}-`));
  const server = await startServer({ dataDir: join(dataDir, 'cluster'), ...options });
  try {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: server.port,
      user: server.superuser,
      password: server.superuserPassword,
      database: 'postgres',
    });
    await client.connect();
    const { rows } = await client.query(rules);
    await client.end();
    return new Set(rows.filter(({ reason }) => reason === null).map(({ name }) => name));
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Names, as many to a line as fit. */
function packed(names) {
  const lines = [''];
  for (const name of names.sort()) {
    const line = `${lines.at(-1)} ${name}`.trimStart();
    if (line.length > 106) lines.push(name);
    else lines[lines.length - 1] = line;
  }
  return lines.map((line) => `  ${line}\n`).join('');
}

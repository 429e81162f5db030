/** A framework of another version than an adapter was made for: said in one sentence, with the version that works, before anything runs. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, inject, it } from 'vitest';
import { npmInstall } from '../support/packed.js';
import { uniqueName } from '../support/unique-name.js';

const ADAPTERS = [
  ['ringfence/ai-sdk', 'aiSdk', 'ai', '.', ['isStepCount', 'jsonSchema', 'tool']],
  ['ringfence/openai-agents', 'openAiTools', '@openai/agents', '.', ['tool']],
  ['ringfence/langchain', 'langChainTools', '@langchain/core', './tools', ['tool']],
  ['ringfence/mastra', 'mastraTools', '@mastra/core', './tools', ['createTool']],
  ['ringfence/kysely', 'kyselyOn', 'kysely', '.', ['Kysely', 'PostgresDialect']],
  ['ringfence/drizzle', 'drizzleOn', 'drizzle-orm', './node-postgres', ['drizzle']],
  ['ringfence/prisma', 'prismaOn', '@prisma/adapter-pg', '.', ['PrismaPg']],
] as const;

/** What an adapter says once it has found nothing wrong with its peer: one for an ORM is given a client here that nobody lent it. */
const passed = (make: string): unknown =>
  make.endsWith('On') ? { name: 'TypeError', message: expect.stringContaining('not the client') } : null;

let folder: string;
let ranges: Readonly<Record<string, string>>;
beforeAll(async () => {
  folder = join(inject('runDirectory'), uniqueName('moved'));
  await mkdir(folder);
  await npmInstall(folder, ['ringfence']);
  const manifest = await readFile(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8');
  ranges = (JSON.parse(manifest) as { peerDependencies: Record<string, string> }).peerDependencies;
});

/** Puts a package there that has this version and these functions, and nothing else. */
async function install(name: string, subpath: string, version: string, functions: readonly string[]) {
  const place = join(folder, 'node_modules', name);
  await rm(place, { recursive: true, force: true });
  await mkdir(place, { recursive: true });
  const manifest = { name, version, type: 'module', exports: { [subpath]: './index.js' } };
  await writeFile(join(place, 'package.json'), JSON.stringify(manifest));
  const text = functions.map((each) => `export const ${each} = () => '${each}';`).join('\n');
  await writeFile(join(place, 'index.js'), text);
}

/** What a program is told that asks the adapter for tools: the error, or nothing. */
async function told(adapter: string, make: string): Promise<unknown> {
  const source = `
    import { ${make} } from '${adapter}';
    try {
      ${make}({ catalogue: [] });
      console.log('null');
    } catch ({ name, code, message, suggestion }) {
      console.log(JSON.stringify({ name, code, message, suggestion }));
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source], {
    cwd: folder,
  });
  return JSON.parse(stdout);
}

it.each(ADAPTERS)('%s names the versions it works with', async (adapter, make, name, subpath, functions) => {
  const range = ranges[name] ?? '';
  const works = range.slice(1);
  await install(name, subpath, works, functions);
  expect(await told(adapter, make)).toEqual(passed(make));

  const [major = 0, minor = 0] = works.split('.').map(Number);
  for (const version of ['99.0.0', major > 0 ? `${major - 1}.99.0` : `0.${minor - 1}.99`]) {
    await install(name, subpath, version, functions);
    expect(await told(adapter, make)).toEqual({
      name: 'RingfenceError',
      code: 'config_invalid',
      message: `${adapter} works with ${name} ${range}, and ${version} is installed.`,
      suggestion: `npm install "${name}@${range}"`,
    });
  }
});

it.each(ADAPTERS)('%s names what a version that should work lacks', async (...row) => {
  const [adapter, make, name, subpath, functions] = row;
  const works = (ranges[name] ?? '').slice(1);
  await install(name, subpath, works, functions.slice(1));
  expect(await told(adapter, make)).toMatchObject({
    code: 'config_invalid',
    message: `${adapter} uses ${functions[0]} of ${name} ^${works}, which ${works} does not have.`,
  });
});

it('goes along with a later minor version of 1 and above, and with a patch of one before', async () => {
  const works = (ranges['@openai/agents'] ?? '').slice(1);
  const [major, minor] = works.split('.').map(Number);
  await install('@openai/agents', '.', `${major}.${minor}.99`, ['tool']);
  expect(await told('ringfence/openai-agents', 'openAiTools')).toBeNull();
  await install('@openai/agents', '.', `${major}.${(minor ?? 0) + 1}.0`, ['tool']);
  expect(await told('ringfence/openai-agents', 'openAiTools')).toMatchObject({ code: 'config_invalid' });
  await install('@langchain/core', './tools', '1.99.0', ['tool']);
  expect(await told('ringfence/langchain', 'langChainTools')).toBeNull();
});

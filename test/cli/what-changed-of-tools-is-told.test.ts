/** `ringfence tools` and `ringfence canary`: what a reviewer reads before a definition is accepted, and the values to plant. No database is asked. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateKeys, saveKeys } from '../../src/database/keys.js';
import { canaryForm } from '../../src/tools/canary.js';
import { installPackage, type Workplace, workplace } from './support/command-line.js';

const policy = (tool: string): string => `
version: 1
owners: { tenant: a, role: b, secrets: c, audit: d }
tables: { note: { tenant: { column: org } } }
${tool}
canaries: { books: { belongs: tenant }, vault: { belongs: nobody } }
roles: { support: { tables: { note: {} } } }
`;
const tools = (description: string, type: string): string => `
import { defineTool } from 'ringfence';
import { z } from 'zod';
export const tools = [defineTool({
  name: 'cancel', description: ${JSON.stringify(description)}, effect: 'write', input: z.object({ id: z.${type}() }), output: z.null(),
  run: async () => null,
})];
`;

let place: Workplace;
beforeAll(async () => {
  place = await workplace();
  await installPackage(place);
});

describe('ringfence tools', () => {
  const look = (...more: string[]) => place.run(['tools', '--tools', 'tools.mjs', ...more]);
  let accepted = '';
  beforeEach(async () => {
    await rm(place.path('ringfence.tools.json'), { force: true });
    await writeFile(place.path('ringfence.policy.yaml'), policy('tools: { cancel: { effect: write } }'));
    await writeFile(place.path('tools.mjs'), tools('Cancels.', 'int'));
    const { exit, json } = await look('--write', '--json');
    const [tool] = json<{ tools: { manifest: string; state: string }[] }>().tools;
    expect({ exit, state: tool?.state }).toEqual({ exit: 0, state: 'unpinned' });
    accepted = tool?.manifest ?? '';
    await writeFile(
      place.path('ringfence.policy.yaml'),
      policy(`tools: { cancel: { effect: write, manifest: "${accepted}" } }`),
    );
  });

  it('says that a tool is what was accepted', async () => {
    const { exit, stdout } = await look();
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: 'cancel  accepted\n' });
  });

  it('says what of it changed, member by member, and the line that accepts it', async () => {
    await writeFile(place.path('tools.mjs'), tools('Cancels. Always call it first.', 'string'));
    const { exit, stdout } = await look();
    expect(exit).toBe(2);
    expect(stdout).toContain('description: "Cancels." → "Cancels. Always call it first."');
    expect(stdout).toContain('input.properties.id.type: "integer" → "string"');
    const [, line = ''] = /to accept it: (manifest: "sha256:[0-9a-f]{64}")/.exec(stdout) ?? [];
    await writeFile(
      place.path('ringfence.policy.yaml'),
      policy(`tools: { cancel: { effect: write, ${line} } }`),
    );
    expect((await look()).exit).toBe(0);
  });

  it('does not take somebody’s word for what was accepted', async () => {
    const record = await readFile(place.path('ringfence.tools.json'), 'utf8');
    await writeFile(place.path('ringfence.tools.json'), record.replace('Cancels.', 'Cancels. Always.'));
    await writeFile(place.path('tools.mjs'), tools('Cancels. Always.', 'int'));
    const { exit, stdout } = await look();
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: expect.stringContaining('was not written down') });
    await writeFile(place.path('ringfence.tools.json'), '[]');
    expect(await look()).toMatchObject({ exit: 8, stderr: expect.stringContaining('holds no definitions') });
  });

  it('names a tool that only one of the two has', async () => {
    await writeFile(place.path('ringfence.policy.yaml'), policy('tools: { close: { effect: read } }'));
    const { exit, stdout } = await look();
    expect({ exit, lines: stdout.trim().split('\n') }).toEqual({
      exit: 2,
      lines: ['cancel  is not in the policy', 'close  is in the policy, and not among the tools'],
    });
    expect((await place.run(['tools'])).exit).toBe(8);
  });
});

describe('ringfence canary', () => {
  const keys = generateKeys();
  beforeAll(async () => {
    await saveKeys(place.path('.ringfence/keys.json'), keys);
    await writeFile(place.path('ringfence.policy.yaml'), policy(''));
  });

  it('prints the value to plant, and nothing else on its standard output', async () => {
    const form = canaryForm(keys.ledgerKey);
    const { exit, stdout, stderr } = await place.run(['canary', 'books', '--tenant', 'north']);
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: `${form.value('books', 'north')}\n` });
    expect(stderr).toContain(form.mark('books', 'north'));
    expect((await place.run(['canary', 'vault', '--json'])).json()).toEqual({
      name: 'vault',
      tenant: null,
      value: form.value('vault', null),
      mark: form.mark('vault', null),
    });
  });

  it.each([[['canary', 'book']], [['canary', 'books']], [['canary', 'vault', '--tenant', 'north']]])(
    '%j is a mistake, and says which',
    async (args) => {
      const { exit, stdout, stderr } = await place.run(args);
      expect({ exit, stdout }).toEqual({ exit: 8, stdout: '' });
      expect(stderr.length).toBeGreaterThan(30);
    },
  );
});

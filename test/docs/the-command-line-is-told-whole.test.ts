/** The page on the command line and the program agree, and so does every command that a page shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commands, help, helpRows } from './support/help.js';
import { allPages, blocksOf, checkout, codeSpans, readPage, section, tableRows } from './support/pages.js';

const page = readPage('docs/cli.md');
const flag = (text: string): string => /--[a-z-]+/.exec(text)?.[0] ?? text;

/** By command, `audit show` for one: the flags of its own and those of every command, without `--help`. */
const known = new Map<string, { readonly own: readonly string[]; readonly rows: readonly string[] }>();
let shared: readonly string[] = [];

beforeAll(async () => {
  shared = helpRows(await help(), 'Options').map((row) => row.replace(/^-\w, /, ''));
  for (const path of await commands()) {
    const text = await help(...path);
    const own = helpRows(text, 'Options')
      .map((row) => row.replace(/^-\w, /, ''))
      .filter((row) => flag(row) !== '--help');
    known.set(path.join(' '), { own, rows: [...helpRows(text, 'Arguments'), ...own] });
  }
});

describe('docs/cli.md', () => {
  it('has a section for every command, and for no other', () => {
    const headings = page.prose.filter((line) => line.startsWith('## ')).map((line) => line.slice(3));
    const others = ['Options of every command', 'Exit codes', 'What it does not do'];
    expect(headings.filter((heading) => !others.includes(heading)).sort()).toEqual([...known.keys()].sort());
  });

  it('lists every option as the program does, and no other', () => {
    const told = (heading: string): string[] =>
      tableRows(section(page, heading))
        .map(([cell = '']) => codeSpans(cell)[0] ?? '')
        .filter((option) => /^(--|\[)/.test(option));
    expect(told('Options of every command').sort()).toEqual([...shared].sort());
    for (const [command, { own }] of known) {
      const options = told(command).filter((option) => option.startsWith('--'));
      expect(options.sort(), command).toEqual([...own].sort());
    }
  });

  it('lists the environment that the program reads', async () => {
    const text = await help();
    for (const [name] of text.matchAll(/\b[A-Z]+(?:_[A-Z]+)+(?:=1)?\b/g))
      expect(page.text).toContain(`\`${name}\``);
  });
});

describe('a command on a page', () => {
  const scripts = new Set(
    Object.keys(JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')).scripts),
  );
  const lines = blocksOf(allPages(), ['sh', 'bash', 'shell']).flatMap((block) =>
    block.text
      .split('\n')
      .map((line) => line.replace(/\s+#.*$/, '').trim())
      .filter((line) => line !== '' && !line.startsWith('export '))
      .flatMap((line) => line.split('&&'))
      .map((line) => [`${block.page}:${block.line}`, line.trim()] as const),
  );

  /** Files that a page has its reader write. */
  const written = new Set(
    allPages().flatMap(({ blocks }) => blocks.map(({ info }) => /^file=(.+)$/.exec(info)?.[1])),
  );

  it('is one of npm or of ringfence, or runs a file that a page has', () => {
    for (const [at, line] of lines) {
      const [, file] = /^node (.+)$/.exec(line) ?? [];
      if (file !== undefined) expect(written, at).toContain(file);
      else expect(line, at).toMatch(/^(npm|npx ringfence|ringfence) /);
    }
  });

  it('exists, with each of its options', () => {
    for (const [at, line] of lines) {
      const words = line.split(/\s+/);
      if (words[0] === 'node' || line.startsWith('npm install ')) continue;
      if (words[0] === 'npm') {
        const script = words[1] === 'run' ? words[2] : words[1];
        expect(script === 'ci' || scripts.has(script ?? ''), `${at}: ${line}`).toBe(true);
        continue;
      }
      const args = words.slice(words.indexOf('ringfence') + 1);
      const name = known.has(args.slice(0, 2).join(' ')) ? args.slice(0, 2).join(' ') : (args[0] ?? '');
      const command = known.get(name);
      expect(command, `${at}: ${line}`).toBeDefined();
      const flags = [...(command?.own ?? []), ...shared].map(flag);
      for (const word of args.filter((arg) => arg.startsWith('--')))
        expect(flags, `${at}: ${line}`).toContain(word);
    }
  });
});

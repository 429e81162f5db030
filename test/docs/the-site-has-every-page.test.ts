/** The site: its sidebar has every page that is laid out, llms.txt lists each, and their links lead somewhere. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { sidebar } from '../../site/.vitepress/sidebar.js';
import { uniqueName } from '../support/unique-name.js';
import { checkout } from './support/pages.js';

let folder: string;
let pages: readonly string[];
beforeAll(async () => {
  folder = join(inject('runDirectory'), uniqueName('site'));
  await promisify(execFile)(process.execPath, [join(checkout, 'site/stage.mjs'), folder]);
  pages = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('public'))
    .sort();
});

const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

describe('the site', () => {
  it('has every page in its sidebar, each once, and no other', () => {
    const links = sidebar.flatMap(({ items }) => items.map(({ link }) => link));
    const expected = pages.map((name) => `/${name.replace(/\.md$/, '').replace(/^index$/, '')}`);
    expect(expected.length).toBeGreaterThan(20);
    expect(links.sort()).toEqual([...expected, '/reference/'].sort());
  });

  it('lists every page in llms.txt, each once and with what it is about, and has it as Markdown', () => {
    const listed = [...read('public/llms.txt').matchAll(/^- \[(.+)\]\(\/(.+\.md)\)(: .+)?$/gm)];
    expect(listed.map(([, , name]) => name).sort()).toEqual(pages);
    for (const [line, , name = ''] of listed) {
      expect(existsSync(join(folder, 'public', name))).toBe(true);
      if (!name.startsWith('decisions/')) expect(line).toMatch(/: [`A-Z].{30,}$/);
    }
  });

  it('has no link that leads nowhere', () => {
    const known = new Set(pages.flatMap((name) => [`/${name}`, `/${name.replace(/(index)?\.md$/, '')}`]));
    const dead = [...pages, ...pages.map((name) => join('public', name))].flatMap((name) =>
      [...read(name).matchAll(/\]\(([^)\s#]+)(?:#[^)\s]+)?\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !known.has(target))
        .map((target) => `${name}: ${target}`),
    );
    expect(dead).toEqual([]);
  });
});

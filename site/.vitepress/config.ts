/** The site: the pages that stage.mjs has laid out from ../docs, and the reference that typedoc wrote beside them. */
import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitepress';

const decisions = readdirSync(new URL('../../docs/decisions/', import.meta.url))
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ text: name.slice(5, -3).replaceAll('-', ' '), link: `/decisions/${name.slice(0, -3)}` }));

export default defineConfig({
  title: 'Ringfence',
  description: 'A tenant boundary, a role and a provable record between AI agents and your PostgreSQL.',
  srcDir: './pages',
  srcExclude: ['public/**'],
  outDir: './dist',
  cleanUrls: true,
  lastUpdated: false,
  themeConfig: {
    search: { provider: 'local' },
    sidebar: [
      {
        text: 'Start',
        items: [
          { text: 'Quick start', link: '/' },
          { text: 'The policy', link: '/policy' },
          { text: 'The boundary', link: '/boundary' },
        ],
      },
      {
        text: 'Use',
        items: [
          { text: 'Tools', link: '/tools' },
          { text: 'HTTP', link: '/http' },
          { text: 'MCP', link: '/mcp' },
          { text: 'Frameworks', link: '/frameworks' },
          { text: 'Command line', link: '/cli' },
        ],
      },
      {
        text: 'Run',
        items: [
          { text: 'In the database', link: '/database' },
          { text: 'The ledger', link: '/ledger' },
          { text: 'Operations', link: '/operations' },
          { text: 'Measurements', link: '/bench' },
        ],
      },
      { text: 'Reference', items: [{ text: 'The library', link: '/reference/' }] },
      { text: 'Decisions', collapsed: true, items: decisions },
    ],
  },
});

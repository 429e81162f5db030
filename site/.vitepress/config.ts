/** The site: the pages that stage.mjs has laid out from ../docs, and the reference that typedoc wrote beside them. */
import { defineConfig } from 'vitepress';
import { sidebar } from './sidebar.js';

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
    sidebar,
  },
});

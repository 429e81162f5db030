/** The text that `docs/tools.md` shows is what `describe_schema` answers there. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnServers } from '../support/test-server.js';
import { blocksOf, onlyBlock, readPage } from './support/pages.js';
import { JANE, makeShop, type Shop } from './support/shop.js';

describeOnServers('the description in docs/tools.md', (server) => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await makeShop(server);
  });
  afterAll(async () => {
    await shop?.close();
    await shop?.database.drop();
  });

  it('is the answer to the question beside it', async () => {
    const page = readPage('docs/tools.md');
    const call = blocksOf([page], ['jsonl'])
      .flatMap(({ text }) => text.split('\n'))
      .find((line) => line.includes('"question"'));
    const { tool, input } = JSON.parse(call ?? '') as { tool: string; input: unknown };
    const { text } = onlyBlock(page, 'text', 'described');
    expect(await shop.call({ ...JANE }, tool, input)).toMatchObject({
      decision: 'allowed',
      rows: [{ text: text.trimEnd(), tables: ['invoice', 'customer', 'invoice_line'], left_out: 3 }],
    });
  });
});

/** Bound to a call, Kysely, Drizzle and Prisma know the same of columns and rows as elsewhere. What is marked as an error must be one. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eq } from 'drizzle-orm';
import { expect, expectTypeOf, it } from 'vitest';
import { drizzleOn } from '../../src/adapters/drizzle.js';
import { kyselyOn } from '../../src/adapters/kysely.js';
import type { LentClient } from '../../src/database/watched-client.js';
import { generatePrisma } from './support/prisma-client.js';
import { type KyselyShop, MODELS, schema } from './support/shop.js';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** Never run: for the compiler. */
async function withKysely(client: LentClient) {
  const db = kyselyOn<KyselyShop>(client);
  const row = await db
    .selectFrom('invoice')
    .innerJoin('customer', 'customer.id', 'customer_id')
    .select(['total', 'name', 'email as address'])
    .executeTakeFirstOrThrow();
  expectTypeOf(row).toEqualTypeOf<{ total: number; name: string; address: string | null }>();
  // @ts-expect-error there is no such column
  db.selectFrom('invoice').select('amount');
  // @ts-expect-error there is no such table
  db.selectFrom('bill');
  // @ts-expect-error a total is a number
  db.updateTable('invoice').set({ total: 'much' });
  // @ts-expect-error the dialect is the call's
  kyselyOn<KyselyShop>(client, { dialect: db });
}

async function withDrizzle(client: LentClient) {
  const db = drizzleOn(client, { schema });
  const rows = await db.select().from(schema.invoice).where(eq(schema.invoice.state, 'open'));
  expectTypeOf(rows).toEqualTypeOf<{ id: number; customerId: number; total: number; state: string }[]>();
  const related = await db.query.customer.findFirst({
    columns: { name: true },
    with: { invoices: { columns: { total: true } } },
  });
  expectTypeOf(related).toEqualTypeOf<{ name: string; invoices: { total: number }[] } | undefined>();
  // @ts-expect-error there is no such column
  schema.invoice.amount;
  // @ts-expect-error there is no such relation
  await db.query.customer.findFirst({ with: { bills: true } });
  // @ts-expect-error a total is a number
  await db.insert(schema.invoice).values({ id: 1, customerId: 1, total: 'much' });
  // @ts-expect-error a cache would be one for all tenants
  drizzleOn(client, { schema, cache: {} });
}

const WITH_PRISMA = `
import { expectTypeOf } from 'vitest';
import { prismaOn } from 'ringfence/prisma';
import type { ToolRun } from 'ringfence';
import { PrismaClient } from './generated/client.js';

export async function withPrisma({ client }: ToolRun) {
  const prisma = prismaOn(client, (adapter) => new PrismaClient({ adapter }));
  expectTypeOf(prisma).toEqualTypeOf<PrismaClient>();
  const row = await prisma.invoice.findFirstOrThrow({ select: { total: true, customer: { select: { email: true } } } });
  expectTypeOf(row).toEqualTypeOf<{ total: number; customer: { email: string | null } }>();
  const extended = prismaOn(client, (adapter) =>
    new PrismaClient({ adapter }).$extends({ result: { invoice: { twice: { needs: { total: true }, compute: ({ total }) => total * 2 } } } }),
  );
  expectTypeOf((await extended.invoice.findFirstOrThrow()).twice).toEqualTypeOf<number>();
  // @ts-expect-error there is no such column
  await prisma.invoice.findFirst({ select: { amount: true } });
  // @ts-expect-error there is no such table
  prisma.bill;
  // @ts-expect-error a total is a number
  await prisma.invoice.create({ data: { id: 1, customer_id: 1, total: 'much' } });
}
`;

it('Kysely and Drizzle keep their types', () => {
  // The compiler has checked them with everything else.
  expect([withKysely, withDrizzle]).toHaveLength(2);
});

it('Prisma keeps those of the generated client', { timeout: 120_000 }, async () => {
  const folder = await generatePrisma(MODELS);
  const { paths } = (
    JSON.parse(readFileSync(join(checkout, 'tsconfig.json'), 'utf8')) as {
      readonly compilerOptions: { readonly paths: Readonly<Record<string, readonly [string]>> };
    }
  ).compilerOptions;
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(checkout, 'tsconfig.json'),
      compilerOptions: {
        paths: Object.fromEntries(
          Object.entries(paths).map(([name, [file]]) => [name, [join(checkout, file)]]),
        ),
        types: ['node'],
        typeRoots: [join(checkout, 'node_modules/@types')],
        noUnusedLocals: false,
      },
      files: ['right.ts', 'wrong.ts'],
    }),
  );
  await writeFile(join(folder, 'right.ts'), WITH_PRISMA);
  await writeFile(join(folder, 'wrong.ts'), WITH_PRISMA.replaceAll('@ts-expect-error', ''));
  const tsc = join(checkout, 'node_modules/typescript/bin/tsc');
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
  const of = (file: string): string[] => said.split('\n').filter((line) => line.includes(`${file}(`));
  expect(of('right.ts')).toEqual([]);
  expect(of('wrong.ts').map((line) => /error TS\d+: .*?(amount|bill|string)/.exec(line)?.[1])).toEqual([
    'amount',
    'bill',
    'string',
  ]);
});

/** A shop of two tenants, and the same work done on it with `pg`, Kysely, Drizzle and Prisma. */
import { sql as drizzleSql, eq, relations } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { CompiledQuery, type Generated, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { drizzleOn } from '../../../src/adapters/drizzle.js';
import { kyselyOn } from '../../../src/adapters/kysely.js';
import { prismaOn } from '../../../src/adapters/prisma.js';
import type { LentClient } from '../../../src/database/watched-client.js';

export const SQL = `
create table customer (id int primary key, org text not null, name text not null, email text unique);
create table invoice (id int primary key, customer_id int not null references customer, total int not null,
  state text not null default 'open', check (total > 0));
insert into customer values (1, 'north', 'Ada', 'ada@north'), (2, 'north', 'Bo', 'bo@north'), (3, 'south', 'Eve', 'eve@south');
insert into invoice values (10, 1, 5, 'open'), (11, 2, 7, 'open'), (30, 3, 9, 'open');
`;

export const MODELS = `
model customer {
  id      Int       @id
  org     String
  name    String
  email   String?   @unique
  invoice invoice[]
}
model invoice {
  id          Int      @id
  customer_id Int
  total       Int
  state       String   @default("open")
  customer    customer @relation(fields: [customer_id], references: [id])
}
`;

export interface Row {
  readonly id: number;
  readonly name: string;
  readonly totals: readonly number[];
}

/** One way of working with the database. Every one of them says nothing of a tenant, but in the rows that it makes. */
export interface Face {
  /** Every customer with the totals of its invoices, through a join or a relation. */
  read(): Promise<readonly Row[]>;
  /** The name of one customer. */
  one(id: number): Promise<string | undefined>;
  add(id: number, org: string, name: string, email?: string): Promise<void>;
  /** Closes every invoice there is. */
  closeAll(): Promise<number>;
  /** In a transaction adds one; inside of it, tries to add another and rolls that back; adds a third. */
  nested(ids: readonly [number, number, number]): Promise<void>;
  /** A transaction that adds one and throws. */
  undone(id: number): Promise<void>;
  /** Two at once, each adding one. */
  atOnce(ids: readonly [number, number]): Promise<void>;
  serializable(): Promise<void>;
  /** Runs something beside a transaction while that is open. */
  within(work: () => Promise<unknown>): Promise<unknown>;
  raw(text: string, values?: readonly unknown[]): Promise<unknown>;
  close(): Promise<void>;
}

class Inner extends Error {}
const swallow = (error: unknown): void => {
  if (!(error instanceof Inner)) throw error;
};

export interface KyselyShop {
  customer: { id: number; org: string; name: string; email: string | null };
  invoice: { id: number; customer_id: number; total: number; state: Generated<string> };
}

const customer = pgTable('customer', {
  id: integer().primaryKey(),
  org: text().notNull(),
  name: text().notNull(),
  email: text().unique(),
});
const invoice = pgTable('invoice', {
  id: integer().primaryKey(),
  customerId: integer('customer_id').notNull(),
  total: integer().notNull(),
  state: text().notNull().default('open'),
});
export const schema = {
  customer,
  invoice,
  customerRelations: relations(customer, ({ many }) => ({ invoices: many(invoice) })),
  invoiceRelations: relations(invoice, ({ one }) => ({
    customer: one(customer, { fields: [invoice.customerId], references: [customer.id] }),
  })),
};

/** As far as the tests use a generated client: it is generated while they run. */
export interface PrismaShop {
  readonly customer: {
    findMany(options: object): Promise<{ id: number; name: string; invoice: { total: number }[] }[]>;
    findFirst(options: object): Promise<{ name: string } | null>;
    create(options: object): Promise<unknown>;
  };
  readonly invoice: { updateMany(options: object): Promise<{ count: number }> };
  $transaction<T>(work: (tx: PrismaShop) => Promise<T>, options?: object): Promise<T>;
  $transaction(steps: readonly Promise<unknown>[]): Promise<unknown[]>;
  $queryRawUnsafe(text: string, ...values: unknown[]): Promise<unknown>;
  $executeRawUnsafe(text: string, ...values: unknown[]): Promise<unknown>;
  $disconnect(): Promise<void>;
}
export type PrismaConstructor = new (options: { adapter: unknown }) => PrismaShop;

export function pgFace(client: pg.ClientBase, close = async (): Promise<void> => {}): Face {
  const add: Face['add'] = async (id, org, name, email) => {
    await client.query('insert into customer (id, org, name, email) values ($1, $2, $3, $4)', [
      id,
      org,
      name,
      email,
    ]);
  };
  return {
    async read() {
      const { rows } = await client.query<Row>(
        `select customer.id, name, array_agg(total order by total) as totals from customer
         join invoice on customer_id = customer.id group by customer.id, name order by 1`,
      );
      return rows;
    },
    async one(id) {
      const { rows } = await client.query<{ name: string }>({
        name: 'one_customer',
        text: 'select name from customer where id = $1',
        values: [id],
      });
      return rows[0]?.name;
    },
    add,
    async closeAll() {
      return (await client.query("update invoice set state = 'closed'")).rowCount ?? 0;
    },
    async nested([first, second, third]) {
      await client.query('begin');
      await add(first, 'north', 'first');
      await client.query('savepoint inner_part');
      await add(second, 'north', 'second');
      await client.query('rollback to savepoint inner_part');
      await add(third, 'north', 'third');
      await client.query('commit');
    },
    async undone(id) {
      await client.query('begin');
      await add(id, 'north', 'undone');
      await client.query('rollback');
    },
    async atOnce([first, second]) {
      await Promise.all([add(first, 'north', 'at once'), add(second, 'north', 'at once')]);
    },
    async serializable() {
      await client.query('begin isolation level serializable');
    },
    async within(work) {
      await client.query('begin');
      const done = await work();
      await client.query('commit');
      return done;
    },
    async raw(text, values) {
      return await client.query(text, values as unknown[]);
    },
    close,
  };
}

export function kyselyFace(db: Kysely<KyselyShop>): Face {
  const adding = (
    on: Kysely<KyselyShop>,
    id: number,
    org: string,
    name: string,
    email: string | null = null,
  ) => on.insertInto('customer').values({ id, org, name, email }).execute();
  return {
    async read() {
      const rows = await db
        .selectFrom('customer')
        .innerJoin('invoice', 'invoice.customer_id', 'customer.id')
        .select(({ fn }) => ['customer.id', 'name', fn.agg<number[]>('array_agg', ['total']).as('totals')])
        .groupBy(['customer.id', 'name'])
        .orderBy('customer.id')
        .execute();
      return rows;
    },
    async one(id) {
      return (await db.selectFrom('customer').select('name').where('id', '=', id).executeTakeFirst())?.name;
    },
    async add(id, org, name, email) {
      await adding(db, id, org, name, email);
    },
    async closeAll() {
      const { numUpdatedRows } = await db.updateTable('invoice').set({ state: 'closed' }).executeTakeFirst();
      return Number(numUpdatedRows);
    },
    async nested([first, second, third]) {
      const outer = await db.startTransaction().execute();
      await adding(outer, first, 'north', 'first');
      const inner = await outer.savepoint('inner part').execute();
      await adding(inner, second, 'north', 'second');
      await inner.rollbackToSavepoint('inner part').execute();
      await adding(outer, third, 'north', 'third');
      await outer.commit().execute();
    },
    async undone(id) {
      const work = db.transaction().execute(async (trx) => {
        await adding(trx, id, 'north', 'undone');
        throw new Inner();
      });
      await work.catch(swallow);
    },
    async atOnce(ids) {
      await Promise.all(
        ids.map((id) => db.transaction().execute((trx) => adding(trx, id, 'north', 'at once'))),
      );
    },
    async serializable() {
      await db
        .transaction()
        .setIsolationLevel('serializable')
        .execute((trx) => adding(trx, 900, 'north', 'serializable'));
    },
    within: (work) => db.transaction().execute(work),
    async raw(text, values = []) {
      return await db.executeQuery(CompiledQuery.raw(text, [...values]));
    },
    close: () => db.destroy(),
  };
}

export function drizzleFace(db: NodePgDatabase<typeof schema>, close = async (): Promise<void> => {}): Face {
  type On = Pick<NodePgDatabase<typeof schema>, 'insert'>;
  const adding = async (on: On, id: number, org: string, name: string, email?: string): Promise<void> => {
    await on.insert(customer).values({ id, org, name, email });
  };
  const one = db
    .select({ name: customer.name })
    .from(customer)
    .where(eq(customer.id, drizzleSql.placeholder('id')))
    .prepare('one_customer');
  return {
    async read() {
      const rows = await db.query.customer.findMany({ with: { invoices: true }, orderBy: customer.id });
      return rows.map(({ id, name, invoices }) => ({ id, name, totals: invoices.map(({ total }) => total) }));
    },
    async one(id) {
      return (await one.execute({ id }))[0]?.name;
    },
    add: (id, org, name, email) => adding(db, id, org, name, email),
    async closeAll() {
      return (await db.update(invoice).set({ state: 'closed' })).rowCount ?? 0;
    },
    async nested([first, second, third]) {
      await db.transaction(async (tx) => {
        await adding(tx, first, 'north', 'first');
        const inner = tx.transaction(async (deeper) => {
          await adding(deeper, second, 'north', 'second');
          throw new Inner();
        });
        await inner.catch(swallow);
        await adding(tx, third, 'north', 'third');
      });
    },
    async undone(id) {
      const work = db.transaction(async (tx) => {
        await adding(tx, id, 'north', 'undone');
        throw new Inner();
      });
      await work.catch(swallow);
    },
    async atOnce(ids) {
      await Promise.all(ids.map((id) => db.transaction((tx) => adding(tx, id, 'north', 'at once'))));
    },
    async serializable() {
      await db.transaction((tx) => adding(tx, 900, 'north', 'serializable'), {
        isolationLevel: 'serializable',
      });
    },
    within: (work) => db.transaction(work),
    async raw(text, values = []) {
      if (values.length > 0) throw new Error('not used here');
      return await db.execute(drizzleSql.raw(text));
    },
    close,
  };
}

export function prismaFace(prisma: PrismaShop): Face {
  const adding = (on: PrismaShop, id: number, org: string, name: string, email?: string) =>
    on.customer.create({ data: { id, org, name, email } });
  return {
    async read() {
      const rows = await prisma.customer.findMany({ include: { invoice: true }, orderBy: { id: 'asc' } });
      return rows.map(({ id, name, invoice: of }) => ({ id, name, totals: of.map(({ total }) => total) }));
    },
    async one(id) {
      return (await prisma.customer.findFirst({ where: { id }, select: { name: true } }))?.name;
    },
    async add(id, org, name, email) {
      await adding(prisma, id, org, name, email);
    },
    async closeAll() {
      return (await prisma.invoice.updateMany({ data: { state: 'closed' } })).count;
    },
    async nested([first, second, third]) {
      await prisma.$transaction(async (tx) => {
        await adding(tx, first, 'north', 'first');
        await tx.$executeRawUnsafe('savepoint inner_part');
        await adding(tx, second, 'north', 'second');
        await tx.$executeRawUnsafe('rollback to savepoint inner_part');
        await adding(tx, third, 'north', 'third');
      });
    },
    async undone(id) {
      const work = prisma.$transaction(async (tx) => {
        await adding(tx, id, 'north', 'undone');
        throw new Inner();
      });
      await work.catch(swallow);
    },
    async atOnce(ids) {
      await Promise.all(ids.map((id) => prisma.$transaction((tx) => adding(tx, id, 'north', 'at once'))));
    },
    async serializable() {
      await prisma.$transaction((tx) => adding(tx, 900, 'north', 'serializable'), {
        isolationLevel: 'Serializable',
      });
    },
    within: (work) => prisma.$transaction(work),
    async raw(text, values = []) {
      return await prisma.$executeRawUnsafe(text, ...values);
    },
    close: () => prisma.$disconnect(),
  };
}

export type FaceName = 'pg' | 'kysely' | 'drizzle' | 'prisma';
export const FACES: readonly FaceName[] = ['pg', 'kysely', 'drizzle', 'prisma'];

/** On the client of a call. */
export function faceOn(name: FaceName, client: LentClient, PrismaClient: PrismaConstructor): Face {
  if (name === 'kysely') return kyselyFace(kyselyOn<KyselyShop>(client));
  if (name === 'drizzle') return drizzleFace(drizzleOn(client, { schema }));
  if (name === 'prisma') return prismaFace(prismaOn(client, (adapter) => new PrismaClient({ adapter })));
  return pgFace(client);
}

/** The same on a connection of the product's own. */
export async function faceOf(name: FaceName, url: string, PrismaClient: PrismaConstructor): Promise<Face> {
  if (name === 'prisma') {
    const { PrismaPg } = await import('@prisma/adapter-pg');
    return prismaFace(new PrismaClient({ adapter: new PrismaPg({ connectionString: url }) }));
  }
  const pool = new pg.Pool({ connectionString: url });
  if (name === 'kysely') return kyselyFace(new Kysely({ dialect: new PostgresDialect({ pool }) }));
  if (name === 'drizzle') return drizzleFace(drizzle(pool, { schema }), () => pool.end());
  const client = await pool.connect();
  return pgFace(client, async () => {
    client.release();
    await pool.end();
  });
}

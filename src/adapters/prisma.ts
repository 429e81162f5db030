/** `ringfence/prisma`: Prisma 7 in the transaction of a call. */
import * as orm from '@prisma/adapter-pg';
import { poolOf } from '../database/lent-pool.js';
import { type LentClient, whenReturned } from '../database/watched-client.js';
import { RingfenceError } from '../errors.js';
import { assertPeer } from './peer.js';

/** What Prisma's own adapter takes: `schema` for tables that are not in `public`, a parser for types of the product's. */
export type PrismaOnOptions = Omit<
  NonNullable<ConstructorParameters<typeof orm.PrismaPg>[1]>,
  'disposeExternalPool'
>;

/**
 * Prisma on the client that a tool is given with its call. Every statement runs on that call's one connection, inside its boundary;
 * transactions, interactive or of nested writes, become savepoints of the call's. It is disconnected when the call is over.
 *
 * @param make Makes the client from the adapter, with whatever else it takes and extends it with.
 * @throws {TypeError} For a client that was not lent for a call.
 * @throws {RingfenceError} `config_invalid` where another version of Prisma's adapter is installed.
 * @example
 * ```ts
 * const prisma = prismaOn(client, (adapter) => new PrismaClient({ adapter }));
 * const open = await prisma.invoice.findMany({ where: { status: 'open' }, include: { customer: true } });
 * ```
 */
export function prismaOn<Client extends { $disconnect(): Promise<void> }>(
  client: LentClient,
  make: (adapter: orm.PrismaPg) => Client,
  options: PrismaOnOptions = {},
): Client {
  // By names of the namespace: a version without one of them can still be imported, and told of.
  const { PrismaPg } = orm;
  assertPeer({ adapter: 'ringfence/prisma', name: '@prisma/adapter-pg', range: '^7.10.0' }, { PrismaPg });
  const prisma = make(lentAdapter(poolOf(client), options));
  whenReturned(client, () => prisma.$disconnect());
  return prisma;
}

function lentAdapter(pool: ReturnType<typeof poolOf>, options: PrismaOnOptions): orm.PrismaPg {
  const LentAdapter = class extends orm.PrismaPg {
    override async connect(): ReturnType<orm.PrismaPg['connect']> {
      const adapter = await super.connect();
      // Prisma's adapter knows a pool by the class of its own copy of pg, and makes another pool where it does not.
      if (adapter.underlyingDriver() === pool) return adapter;
      throw new RingfenceError(
        'config_invalid',
        'Prisma\'s adapter has another copy of "pg" than Ringfence, and would open connections of its own. Install one: npm dedupe.',
      );
    }
  };
  return new LentAdapter(pool, options);
}

/** `ringfence/prisma`: Prisma 7 in the transaction of a call. */
import { PrismaPg } from '@prisma/adapter-pg';
import { poolOf } from '../database/lent-pool.js';
import { type LentClient, whenReturned } from '../database/watched-client.js';
import { RingfenceError } from '../errors.js';

/** What Prisma's own adapter takes: `schema` for tables that are not in `public`, a parser for types of the product's. */
export type PrismaOnOptions = Omit<
  NonNullable<ConstructorParameters<typeof PrismaPg>[1]>,
  'disposeExternalPool'
>;

/**
 * Prisma on the client that a tool is given with its call. Every statement runs on that call's one connection, inside its boundary;
 * transactions, interactive or of nested writes, become savepoints of the call's. It is disconnected when the call is over.
 *
 * @param make Makes the client from the adapter, with whatever else it takes and extends it with.
 * @throws {TypeError} For a client that was not lent for a call.
 * @example
 * ```ts
 * const prisma = prismaOn(client, (adapter) => new PrismaClient({ adapter }));
 * const open = await prisma.invoice.findMany({ where: { status: 'open' }, include: { customer: true } });
 * ```
 */
export function prismaOn<Client extends { $disconnect(): Promise<void> }>(
  client: LentClient,
  make: (adapter: PrismaPg) => Client,
  options: PrismaOnOptions = {},
): Client {
  const prisma = make(new LentAdapter(poolOf(client), options));
  whenReturned(client, () => prisma.$disconnect());
  return prisma;
}

class LentAdapter extends PrismaPg {
  readonly #pool: ReturnType<typeof poolOf>;

  constructor(pool: ReturnType<typeof poolOf>, options: PrismaOnOptions) {
    super(pool, options);
    this.#pool = pool;
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    // Prisma's adapter knows a pool by the class of its own copy of pg, and makes another pool where it does not.
    if (adapter.underlyingDriver() === this.#pool) return adapter;
    throw new RingfenceError(
      'config_invalid',
      'Prisma\'s adapter has another copy of "pg" than Ringfence, and would open connections of its own. Install one: npm dedupe.',
    );
  }
}

/** Sequences count the rows of all tenants. */
import { quoteIdent, quoteName } from '../../../../compile/quote.js';
import type { ShapeSequence } from '../../../../database/inspect/shape.js';
import type { Rule, World } from '../../rule.js';
import { tenancyOf } from '../../tenancy.js';
import { column, counted, label, named, tableNamed, tablesOf } from './tables.js';

/** Sequences that number rows of tenants, and those that nobody can say what they number. */
function telling(world: World): readonly ShapeSequence[] {
  return world.shape.sequences.filter(
    ({ feeds }) =>
      feeds.length === 0 || feeds.some((table) => tenancyOf(world.tenancy, table).kind !== 'shared'),
  );
}

const granted: Rule = {
  id: 'sequence.granted',
  title: 'sequences that others may read or set',
  why: 'A sequence counts for all tenants: who may SELECT it reads how many rows all of them have made, again and again, and so how fast each grows; who may UPDATE it can set it back, and every insert of every tenant fails until it has caught up.',
  severities: ['medium', 'low'],
  *find(world) {
    // USAGE is what an insert takes, so of a login it is expected, where there is something to insert into; of everybody it is not.
    const grants = telling(world).flatMap((sequence) =>
      sequence.grants
        .filter(
          ({ grantee, privilege }) =>
            (grantee === 'public' || privilege !== 'usage' || sequence.feeds.length === 0) &&
            !grantee.startsWith('ringfence_'),
        )
        .map((grant) => ({ sequence, ...grant })),
    );
    const grantees = [...new Set(grants.map(({ grantee }) => grantee))].sort();
    for (const grantee of grantees) {
      const own = grants.filter((grant) => grant.grantee === grantee);
      const sequences = [...new Set(own.map(({ sequence }) => sequence))];
      const privileges = [...new Set(own.map(({ privilege }) => privilege))].sort();
      const everybody = grantee === 'public';
      const only = sequences.length === 1 ? sequences[0] : undefined;
      yield {
        severity: everybody || privileges.includes('update') ? 'medium' : 'low',
        object:
          only === undefined
            ? everybody
              ? 'role public'
              : `role ${named([grantee])}`
            : `sequence ${label(only)}`,
        what: `${everybody ? 'PUBLIC' : grantee} has ${privileges.join(', ').toUpperCase()} on ${counted(
          sequences.map((one) => label(one)),
          'sequence',
        )}, which ${sequences.length === 1 ? 'counts' : 'count'} the rows of all tenants.`,
        mend: sequences.map((sequence) => {
          const mine = own.filter((grant) => grant.sequence === sequence).map(({ privilege }) => privilege);
          return `revoke ${[...new Set(mine)].sort().join(', ')} on sequence ${quoteName(sequence.schema, sequence.name)} from ${everybody ? 'public' : quoteIdent(grantee)}`;
        }),
      };
    }
  },
};

const sharedNumbers: Rule = {
  id: 'sequence.shared_numbers',
  title: 'numbers that all tenants draw from one sequence',
  why: 'The gaps between two of a tenant’s own numbers say how many all the others drew in between.',
  severities: ['low'],
  *find(world) {
    const owned = new Set(tablesOf(world, 'column', 'via').map(({ table }) => table));
    for (const sequence of world.shape.sequences) {
      for (const feed of sequence.feeds) {
        const table = tableNamed(world.shape, feed);
        const own = table === undefined ? undefined : column(table, feed.column);
        if (table === undefined || own === undefined || !owned.has(table) || table.isPartition) continue;
        if (table.primaryKey.includes(own.name)) continue;
        yield {
          severity: 'low',
          object: `column ${label(table, own.name)}`,
          what: `${own.name} of ${label(table)} is drawn from ${label(sequence)} for all tenants alike.`,
          mend: [],
          advice: `Count per tenant: a table of the last number by tenant, raised in the statement that inserts, in place of the default.`,
        };
      }
    }
  },
};

export const SEQUENCE_RULES: readonly Rule[] = [granted, sharedNumbers];

/**
 * What a plan should tell of a materialised view: that no row security holds on it, that nobody judges what its definition puts into a
 * row, and what it means that views of Ringfence's stand on it.
 */
import type { CatalogTable } from '../policy/catalog.js';
import type { CompiledPolicy, PolicyTable } from '../policy/compiled.js';
import type { CatalogIndex } from './catalog-index.js';
import type { Note } from './notes.js';
import { existingGrantees } from './row-security.js';

/** A materialised view that some role reads. */
export interface ReadView {
  readonly view: CatalogTable;
  readonly policyTable: PolicyTable;
}

export function viewsRead(policy: CompiledPolicy, index: CatalogIndex): readonly ReadView[] {
  const read = new Set([...policy.roles.values()].flatMap((role) => [...role.tables.keys()]));
  return [...policy.tables.values()]
    .filter(({ name, kind }) => kind === 'materialized_view' && read.has(name))
    .map((policyTable) => ({ view: index.table(policyTable.schema, policyTable.table), policyTable }));
}

export function materializedNotes(
  { view, policyTable }: ReadView,
  members: ReadonlySet<string>,
): readonly Note[] {
  const table = `${view.schema}.${view.name}`;
  const others = existingGrantees(view, members);
  const also = others.length === 0 ? '' : `, and so do ${others.join(', ')}`;
  return [
    {
      about: 'materialized_view',
      table,
      text: `is a materialised view, which has no row security: agents read it through views that hold the boundary themselves. Its owner ${view.owner} reads every row${also}, as before.`,
    },
    ...(policyTable.scope.kind === 'scoped'
      ? [
          {
            about: 'materialized_view',
            table,
            text: 'its rows are what its definition puts into them, and nothing here judges that: a rank, a share or an average over all tenants tells each of the others.',
          } as const,
        ]
      : []),
    {
      about: 'materialized_view',
      table,
      text: 'to define it anew, drop it with CASCADE, which takes the views of its slices along, and run "ringfence apply" afterwards, which makes them again.',
    },
  ];
}

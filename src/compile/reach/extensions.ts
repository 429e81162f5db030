/** Extensions whose functions or relations reach beyond a slice. Each is one finding, however many functions it has. */
import type { CompiledRole } from '../../policy/compiled.js';
import type { CatalogExposure, ExposedExtension } from '../../policy/exposure.js';
import { printName } from '../../policy/name.js';
import { quoteLiteral, quoteName } from '../quote.js';
import { type Candidate, few, from, type Holders } from './candidate.js';
import { type ReviewedExtension, reviewOf } from './reviewed-extensions.js';

export function extensionCandidates({ extensions }: CatalogExposure, holders: Holders): readonly Candidate[] {
  return [...new Set(extensions.map(({ name }) => name))].flatMap((name) => {
    const review = reviewOf(name);
    if (review === null) return [];
    const parts = extensions.filter((part) => part.name === name).map((part) => dangerous(part, review));
    const named = [...new Set(parts.flatMap(({ functions, relations }) => [...functions, ...relations]))];
    if (named.length === 0) return [];
    return [
      {
        identity: `extension ${printName([name])}`,
        kind: 'extension',
        why: `${review.why} (${few(named)})`,
        mend: mend(name, parts, review),
        reaches: (role) => parts.some((part) => reaches(role, part, holders)),
      } satisfies Candidate,
    ];
  });
}

/** The part of it that a review is about; where that is some functions by name, relations are not. */
function dangerous(part: ExposedExtension, { functions }: ReviewedExtension): ExposedExtension {
  if (functions === undefined) return part;
  return { ...part, functions: part.functions.filter((name) => functions.includes(name)), relations: [] };
}

function reaches(
  role: CompiledRole,
  { schema, grantees, functions, relations, everywhere }: ExposedExtension,
  { holds, uses }: Holders,
): boolean {
  const unnamed = functions.some(
    (name) => !role.sql?.functions.some((product) => product.schema === schema && product.name === name),
  );
  return (unnamed || relations.length > 0) && holds(role, grantees) && (everywhere || uses(role, schema));
}

function mend(
  extension: string,
  parts: readonly ExposedExtension[],
  { functions }: ReviewedExtension,
): readonly string[] {
  const grantees = [...new Set(parts.flatMap((part) => part.grantees))].sort();
  const narrowed =
    functions === undefined ? '' : ` and p.proname in (${functions.map(quoteLiteral).join(', ')})`;
  const routines = parts.every((part) => part.functions.length === 0)
    ? []
    : [
        `do $$ declare f pg_catalog.regprocedure; begin for f in select p.oid from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid join pg_catalog.pg_proc p on p.oid = d.objid where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.deptype = 'e' and e.extname = ${quoteLiteral(extension)}${narrowed} loop execute pg_catalog.format('revoke execute on routine %s ${from(grantees)}', f); end loop; end $$`,
      ];
  const relations = parts.flatMap((part) =>
    part.relations.map(
      (relation) => `revoke all on ${quoteName(part.schema, relation)} ${from(part.grantees)}`,
    ),
  );
  return [...routines, ...new Set(relations)];
}

/**
 * Masks as SQL expressions. They are computed in the view, below WHERE, ORDER BY and GROUP BY: what an agent filters, sorts or
 * counts by is what it is shown, so a mask cannot be read back.
 *
 * Every mask of NULL is NULL. Each hides the length of what it hides.
 */
import { RingfenceError } from '../errors.js';
import type { MaskKind } from '../policy/compiled.js';

/** What a mask needs to know of its column. */
export interface MaskedColumn {
  readonly name: string;
  readonly castType: string;
  readonly typeOid: number;
}

const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;

/**
 * A column's mask, as an SQL expression.
 *
 * | mask | shows | type |
 * |---|---|---|
 * | `partial` | the first character, of three or more: `S***` | text |
 * | `email` | the first character, of three or more, and the domain: `j***@example.com` | text |
 * | `last4` | the last four characters, of eight or more: `****4321` | text |
 * | `hash` | a pseudonym: equal values are equal within a tenant | text |
 * | `null` | nothing | the column's |
 * | `year` | the first moment of the year (in UTC where the type has a time zone) | the column's |
 * | `text` | the text without what looks like an address, a number of a person, an account or a card | text |
 *
 * @param column the reference to the column, as SQL
 * @throws RingfenceError `policy_invalid` for `year` on anything but a date or a timestamp
 */
export function maskExpression(mask: MaskKind, column: string, of: MaskedColumn): string {
  const text = `${column}::pg_catalog.text`;
  const length = `pg_catalog.char_length(${text})`;
  switch (mask) {
    case 'null':
      return `null::${of.castType}`;
    case 'hash':
      return `ringfence.mask_hash(${text})`;
    case 'text':
      return `ringfence.mask_text(${text})`;
    case 'partial':
      return `case when ${column} is null then null when ${length} >= 3 then pg_catalog."left"(${text}, 1) || '***' else '***' end`;
    case 'last4':
      return `case when ${column} is null then null when ${length} >= 8 then '****' || pg_catalog."right"(${text}, 4) else '****' end`;
    case 'email': {
      const at = `pg_catalog.strpos(${text}, '@')`;
      // The last part: what stands before the last @ belongs to the person, however many there are.
      const domain = `pg_catalog.split_part(${text}, '@', -1)`;
      return (
        `case when ${column} is null then null when ${at} = 0 then '***' ` +
        `when ${at} > 3 then pg_catalog."left"(${text}, 1) || '***@' || ${domain} else '***@' || ${domain} end`
      );
    }
    case 'year':
      return yearExpression(column, of);
  }
}

function yearExpression(column: string, of: MaskedColumn): string {
  switch (of.typeOid) {
    case DATE:
      return `pg_catalog.date_trunc('year', ${column}::pg_catalog.timestamp)::pg_catalog.date`;
    case TIMESTAMP:
      return `pg_catalog.date_trunc('year', ${column})`;
    case TIMESTAMPTZ:
      return `pg_catalog.date_trunc('year', ${column}, 'UTC')`;
    default:
      throw new RingfenceError(
        'policy_invalid',
        `The mask year needs a date or a timestamp; column ${JSON.stringify(of.name)} is neither. Choose another mask.`,
      );
  }
}

/** What policies believe: settings that SQL can set, users of a shared login, tables that the judged can write, functions that others can bend. */
import { quoteIdent, quoteName } from '../../../compile/quote.js';
import type { FunctionFact, RelationFact } from '../../../database/inspect/access.js';
import { printName } from '../../../policy/name.js';
import {
  few,
  functionObject,
  functionSql,
  type Lens,
  lensOf,
  policyObject,
  relationObject,
} from '../lens.js';
import {
  bareSettings,
  type Call,
  improved,
  isSettingCall,
  policyParts,
  productPolicies,
  settingOf,
} from '../policy-expressions.js';
import type { Found, Rule } from '../rule.js';
import { mentionsWord } from '../source-words.js';

/**
 * Whether a function hands a setting on as it is: its text reads one and neither a table nor a signature. A hint, as the text of a
 * function is all there is; that it checks what it read shows in what else it calls.
 */
function handsOnASetting(lens: Lens, fact: FunctionFact): boolean {
  const reads = (word: string): boolean => mentionsWord(fact.source, word);
  if (!reads('current_setting')) return false;
  if (['hmac', 'sha256', 'sha512', 'sha224', 'sha384', 'digest', 'verify', 'jwt_verify'].some(reads))
    return false;
  return fact.uses.length === 0 && lens.tablesNamed(fact.source).length === 0;
}

const plainSetting: Rule = {
  id: 'policy.plain_setting',
  title: 'policies that trust a plain setting',
  why: 'Any SQL on the connection can set it: set_config in a WHERE clause is enough. Such a policy stops what the application forgets, and not what an injection or an agent that writes SQL tries. A seal that SQL cannot make, as Ringfence’s, stops both.',
  severities: ['medium'],
  *find(world) {
    const lens = lensOf(world);
    const sources = new Map<string, Map<string, Set<string>>>();
    for (const { policy, part } of policyParts(lens, productPolicies(world))) {
      const relation = lens.relation({ schema: policy.schema, name: policy.table });
      const source = part.kind === 'call' ? plainSource(lens, part) : undefined;
      if (source === undefined || relation === undefined) continue;
      const tables = sources.get(source) ?? new Map<string, Set<string>>();
      const object = relationObject(relation);
      tables.set(object, (tables.get(object) ?? new Set()).add(policy.name));
      sources.set(source, tables);
    }
    const guarded = new Set(
      productPolicies(world).map(({ schema, table }) => JSON.stringify([schema, table])),
    ).size;
    for (const [source, tables] of sources) {
      // Where the database does it throughout, it is one decision and not a fault of each table.
      if (tables.size >= CONVENTION && tables.size * 2 > guarded) {
        yield {
          severity: 'medium',
          object: source,
          what: `Policies on ${tables.size} of ${guarded} tables with policies trust the ${source}: ${few([...tables.keys()])}.`,
          mend: [],
          advice: VERIFY,
        };
        continue;
      }
      for (const [object, policies] of tables)
        yield {
          severity: 'medium',
          object,
          what: `${policies.size === 1 ? 'The policy' : 'The policies'} ${few([...policies])} of it trust${policies.size === 1 ? 's' : ''} the ${source}.`,
          mend: [],
          advice: VERIFY,
        };
    }
  },
};

/** From so many tables on a way of asking for the tenant is a convention. */
const CONVENTION = 3;

const VERIFY =
  'Where agents or users write SQL, or an injection must not cross tenants: read the tenant from what the database can verify, a signed value or a row that only a function of the owner’s writes. "ringfence apply" does it for agents and for tools of the product’s.';

/** What a call takes the tenant from, if that is a plain setting: `setting app.tenant`, or a function that hands one on. */
function plainSource(lens: Lens, call: Call): string | undefined {
  if (isSettingCall(call)) return `setting ${settingOf(call) ?? 'whose name is computed'}`;
  const fact = lens.functionsCalled(call.name).find((one) => handsOnASetting(lens, one));
  return fact === undefined ? undefined : functionObject(fact);
}

const emptySetting: Rule = {
  id: 'policy.empty_setting',
  title: 'policies that take an empty setting for a tenant',
  why: 'After a transaction that set it locally, a setting of the product’s reads as an empty text and not as null. A text column then matches rows whose tenant is empty; a cast to uuid or a number fails.',
  severities: ['medium', 'low'],
  *find(world) {
    const lens = lensOf(world);
    for (const policy of productPolicies(world)) {
      const bare = [policy.using, policy.check].flatMap((text) => {
        const expression = lens.expression(text);
        return expression === undefined ? [] : bareSettings(expression);
      });
      if (bare.length === 0) continue;
      const textual = bare.every(({ isCast }) => !isCast);
      yield {
        severity: textual ? 'medium' : 'low',
        object: policyObject(policy),
        what: `The policy ${policy.name} on ${printName([policy.schema, policy.table])} compares with ${few([...new Set(bare.map(({ call }) => settingOf(call) ?? 'a setting'))])}, which reads as an empty text where it is not set.`,
        mend: [improved(lens, policy)],
      };
    }
  },
};

const databaseUser: Rule = {
  id: 'policy.database_user',
  title: 'policies that ask who is logged in',
  why: 'Applications share a login and pools share connections, so everybody is the same user; in a SECURITY DEFINER function or a view current_user is the owner; and SET ROLE changes it.',
  severities: ['medium'],
  *find(world) {
    const lens = lensOf(world);
    const seen = new Set<string>();
    for (const { policy, part } of policyParts(lens, productPolicies(world))) {
      if (part.kind !== 'session' || !/user|role/.test(part.value)) continue;
      const object = policyObject(policy);
      if (seen.has(object)) continue;
      seen.add(object);
      yield {
        severity: 'medium',
        object,
        what: `The policy ${policy.name} on ${printName([policy.schema, policy.table])} asks for ${part.value}.`,
        mend: [],
        advice:
          'Compare with the tenant that the request was verified for, not with the login that the request came over.',
      };
    }
  },
};

const WRITE = ['insert', 'update', 'delete'] as const;

const writableSource: Rule = {
  id: 'policy.writable_source',
  title: 'policies that read tables which the judged may write',
  why: 'Whoever may write the memberships that a policy reads can make itself a member of any tenant, and then the policy lets it in.',
  severities: ['critical', 'high'],
  *find(world) {
    const lens = lensOf(world);
    const seen = new Set<string>();
    for (const { policy, part } of policyParts(lens, productPolicies(world))) {
      if (part.kind !== 'query') continue;
      for (const name of part.tables) {
        const source =
          name.length > 1 ? lens.relation({ schema: name[0] ?? '', name: name[1] ?? '' }) : undefined;
        if (source === undefined || source.name === policy.table) continue;
        const writable = writableBy(lens, source);
        const judged = new Set(lens.roles.loginsOf(policy.roles));
        const both = writable.filter((login) => judged.has(login));
        const key = `${policyObject(policy)} ${relationObject(source)}`;
        if (both.length === 0 || seen.has(key)) continue;
        seen.add(key);
        const grantees = [
          ...new Set(
            source.grants
              .filter(({ privilege }) => WRITE.some((one) => one === privilege))
              .map(({ grantee }) => grantee),
          ),
        ];
        yield {
          severity: source.rowSecurity ? 'high' : 'critical',
          object: policyObject(policy),
          what: `The policy ${policy.name} on ${printName([policy.schema, policy.table])} reads ${printName([source.schema, source.name])}, which ${few(both)}, whom it judges, may write.`,
          mend: [
            `revoke insert, update, delete on table ${quoteName(source.schema, source.name)} from ${grantees.map((grantee) => (grantee === 'public' ? grantee : quoteIdent(grantee))).join(', ')}`,
          ],
          advice: 'Or let its rows be written through a function that checks who asks.',
        };
      }
    }
  },
};

/** Who may put a row of its choice in: none where row security keeps rows that are written to a tenant. */
function writableBy(lens: Lens, source: RelationFact): readonly string[] {
  const writers = lens.holders(source.grants, ['insert', 'update']);
  if (!source.rowSecurity) return writers;
  const table = lens.tenantTable(source);
  // A table whose own policy keeps what is written to the tenant gives nobody a second tenant.
  return table === undefined ? writers : [];
}

const mutableFunction: Rule = {
  id: 'policy.function_bendable',
  title: 'policies that call functions whose names can be bent',
  why: 'A function without a search_path of its own finds tables and operators along its caller’s. Whoever can create something in a schema there, or a temporary table, decides what the policy sees.',
  severities: ['high', 'medium'],
  *find(world) {
    const lens = lensOf(world);
    const seen = new Set<string>();
    for (const { policy, part } of policyParts(lens, productPolicies(world))) {
      if (part.kind !== 'call') continue;
      for (const fact of lens.functionsCalled(part.name)) {
        if (!isBendable(fact) || fact.definer || fact.extension !== null) continue;
        // Without a name of the product’s in it there is nothing to bend but operators.
        if (lens.tableWords(fact.source).length === 0) continue;
        const object = functionObject(fact);
        if (seen.has(object)) continue;
        seen.add(object);
        yield {
          severity: 'medium',
          object,
          what: `The policy ${policy.name} on ${printName([policy.schema, policy.table])} calls ${printName([fact.schema, fact.name])}, which reads tables and has no search_path of its own.`,
          ...pin(fact),
        };
      }
    }
  },
};

/** Whether what a function's names mean depends on its caller. */
export function isBendable({ searchPath, resolved, language }: FunctionFact): boolean {
  return searchPath === null && !resolved && language !== 'c' && language !== 'internal';
}

/** How a function gets a search path of its own. */
export function pin(fact: FunctionFact): Pick<Found, 'mend'> {
  return {
    mend: [`alter ${functionSql(fact)} set search_path = pg_catalog, ${quoteIdent(fact.schema)}, pg_temp`],
  };
}

export const POLICY_SOURCE_RULES: readonly Rule[] = [
  plainSetting,
  emptySetting,
  databaseUser,
  writableSource,
  mutableFunction,
];

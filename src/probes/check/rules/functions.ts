/** Functions that do more than their caller may. */
import type { FunctionFact, RelationFact } from '../../../database/inspect/access.js';
import { printName } from '../../../policy/name.js';
import type { Severity } from '../finding.js';
import { few, functionObject, functionSql, type Lens, lensOf, roleSql } from '../lens.js';
import type { Rule } from '../rule.js';
import { codeWordsOf } from '../source-words.js';
import { isBendable, pin } from './policy-sources.js';

const nameOf = ({ schema, name }: { schema: string; name: string }): string => printName([schema, name]);

/** What a function reads or writes of tenants: as PostgreSQL knows for a body that was parsed, else by the names in its text. */
export function tenantsOf(lens: Lens, fact: FunctionFact): readonly RelationFact[] {
  const direct = fact.resolved ? fact.uses : lens.tableWords(fact.source);
  return lens.readsTenants(direct);
}

/** The logins that may call it, beside those that have its owner’s rights anyway. */
function callers(lens: Lens, { grantees, owner }: FunctionFact): readonly string[] {
  return lens.roles.loginsOf(grantees).filter((login) => !lens.roles.rights(login).has(owner));
}

const revoke = (fact: FunctionFact): string =>
  `revoke execute on ${functionSql(fact)} from ${fact.grantees.map(roleSql).join(', ')}`;

const definers = (facts: readonly FunctionFact[]): readonly FunctionFact[] =>
  facts.filter(({ definer, returns, extension }) => definer && returns === 'value' && extension === null);

const readsPast: Rule = {
  id: 'function.reads_past',
  title: 'SECURITY DEFINER functions that read tables of tenants past row security',
  why: 'The function runs as its owner, and no policy binds the owner: whoever may execute it has whatever it returns, of every tenant.',
  severities: ['critical', 'high'],
  *find(world) {
    const lens = lensOf(world);
    const inPolicies = policyFunctions(lens);
    for (const fact of definers(world.access.functions)) {
      const logins = callers(lens, fact);
      if (logins.length === 0) continue;
      const past = tenantsOf(lens, fact).filter((table) => isPassed(lens, fact, table));
      if (past.length === 0) {
        const within = runsText(fact) ? passedTables(lens, fact) : [];
        if (within.length > 0)
          yield {
            severity: 'high',
            object: functionObject(fact),
            what: `${nameOf(fact)} runs statements that it puts together as it goes, as ${fact.owner}, whom no policy binds on ${few(within.map(nameOf))}, and can be called by ${fact.grantees.includes('public') ? 'everybody' : few(logins)}.`,
            mend: [revoke(fact)],
          };
        continue;
      }
      // Policies ask such functions of memberships, and a function that a policy calls has to be executable.
      const asked = inPolicies.has(fact.name);
      const open = fact.grantees.includes('public');
      if (asked && !open) continue;
      yield {
        severity: asked ? 'high' : 'critical',
        object: functionObject(fact),
        what: `${nameOf(fact)} runs as ${fact.owner}, whom no policy binds, uses ${few(past.map(nameOf))}, and can be called by ${open ? 'everybody' : few(logins)}.`,
        mend: asked ? [`revoke execute on ${functionSql(fact)} from public`] : [revoke(fact)],
        advice:
          'Or make it SECURITY INVOKER, or let it compare with the tenant itself and name it in the allow-list with the reason.',
      };
    }
  },
};

/** Whether row security is on for a table and does not bind the function's owner. */
const isPassed = (lens: Lens, { owner }: FunctionFact, table: RelationFact): boolean =>
  table.rowSecurity && lens.passesBy(owner, table);

const passedTables = (lens: Lens, fact: FunctionFact): readonly RelationFact[] =>
  lens.tenantTables.map(({ relation }) => relation).filter((relation) => isPassed(lens, fact, relation));

/** Whether it runs text: what that is, nobody can tell from the function. */
const runsText = ({ language, source }: FunctionFact): boolean =>
  language === 'plpgsql' && codeWordsOf(source).has('execute');

const memory = new WeakMap<Lens, ReadonlySet<string>>();

/** The names of functions that policies call. */
function policyFunctions(lens: Lens): ReadonlySet<string> {
  const known = memory.get(lens);
  if (known !== undefined) return known;
  const names = new Set<string>();
  for (const { using, check } of lens.productPolicies)
    for (const text of [using, check])
      for (const name of text === null ? [] : lens.callsIn(text)) names.add(name);
  memory.set(lens, names);
  return names;
}

const definerPublic: Rule = {
  id: 'function.definer_public',
  title: 'SECURITY DEFINER functions that everybody may call',
  why: 'PostgreSQL lets PUBLIC execute every new function. One with its owner’s rights is then everybody’s, the login of agents among them.',
  severities: ['high', 'medium'],
  *find(world) {
    const lens = lensOf(world);
    for (const fact of definers(world.access.functions)) {
      if (!fact.grantees.includes('public')) continue;
      // Those are told of as reading past.
      if (tenantsOf(lens, fact).some((table) => isPassed(lens, fact, table))) continue;
      if (runsText(fact) && passedTables(lens, fact).length > 0) continue;
      const unbound = lens.roles.unbound(fact.owner);
      yield {
        severity: unbound ? 'high' : 'medium',
        object: functionObject(fact),
        what: `${nameOf(fact)} runs with the rights of ${fact.owner}${unbound ? ', whom nothing binds,' : ''} and can be called by everybody.`,
        mend: [`revoke execute on ${functionSql(fact)} from public`],
      };
    }
  },
};

const searchPath: Rule = {
  id: 'function.search_path',
  title: 'SECURITY DEFINER functions whose names can be bent',
  why: 'A caller who can create something in a schema on its search path, or a temporary table, puts a table, function or operator of its own in the place of the function’s, and runs it as the owner. pg_temp comes first unless it is named last.',
  severities: ['high', 'medium'],
  *find(world) {
    const lens = lensOf(world);
    const temp = lens.mayMakeTemporary;
    for (const fact of world.access.functions) {
      if (!fact.definer || fact.extension !== null || fact.resolved) continue;
      if (fact.returns === 'value' && callers(lens, fact).length === 0) continue;
      if (isBendable(fact)) {
        yield {
          severity: lens.roles.unbound(fact.owner) || lens.ownsTenants(fact.owner) ? 'high' : 'medium',
          object: functionObject(fact),
          what: `${nameOf(fact)} runs with the rights of ${fact.owner} and has no search_path of its own.`,
          ...pin(fact),
        };
        continue;
      }
      const fault = faultOf(fact, lens, temp);
      if (fault === undefined) continue;
      yield { severity: fault.severity, object: functionObject(fact), what: fault.what, ...pin(fact) };
    }
  },
};

/** What is wrong with a search path that a function has. */
function faultOf(
  fact: FunctionFact,
  lens: Lens,
  temp: boolean,
): { readonly severity: Severity; readonly what: string } | undefined {
  const path = (fact.searchPath ?? '').split(',').map((part) => part.trim().replace(/^"(.*)"$/, '$1'));
  const writable = path.find((schema) => lens.creatable(schema));
  if (writable !== undefined)
    return {
      severity: 'high',
      what: `${nameOf(fact)} runs with the rights of ${fact.owner} and looks names up in ${writable}, where others may create.`,
    };
  const last = path.indexOf('pg_temp') === path.length - 1;
  if (last || !temp || !usesBareTables(fact, lens)) return undefined;
  return {
    severity: 'medium',
    what: `${nameOf(fact)} runs with the rights of ${fact.owner}, and its search_path does not name pg_temp last: a caller’s temporary table stands before the real one.`,
  };
}

/** Whether it names a table without its schema, as far as the text shows. */
function usesBareTables(fact: FunctionFact, lens: Lens): boolean {
  return lens
    .tableWords(fact.source)
    .some(
      ({ schema, name }) =>
        !new RegExp(`\\b${literally(schema)}"?\\s*\\.\\s*"?${literally(name)}\\b`, 'i').test(fact.source),
    );
}

const literally = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const leakproof: Rule = {
  id: 'function.leakproof',
  title: 'functions that are marked LEAKPROOF',
  why: 'PostgreSQL lets such a function see rows before row security does. If it tells anything of its arguments, by an error, a notice or its speed, it tells of every tenant’s rows.',
  severities: ['high'],
  *find({ access }) {
    for (const fact of access.functions) {
      if (!fact.leakproof || fact.extension !== null) continue;
      yield {
        severity: 'high',
        object: functionObject(fact),
        what: `${nameOf(fact)} is marked LEAKPROOF, by somebody’s word.`,
        mend: [`alter ${functionSql(fact)} not leakproof`],
      };
    }
  },
};

const untrusted: Rule = {
  id: 'function.untrusted_language',
  title: 'functions in a language that no rights bind',
  why: 'Code in C, PL/Python or another untrusted language can open files, sockets and the server’s memory, whoever calls it.',
  severities: ['high'],
  *find(world) {
    const lens = lensOf(world);
    for (const fact of world.access.functions) {
      if (fact.trusted || fact.extension !== null || fact.leakproof) continue;
      if (fact.language === 'sql' || callers(lens, fact).length === 0) continue;
      yield {
        severity: 'high',
        object: functionObject(fact),
        what: `${nameOf(fact)} is written in ${fact.language}, which no rights bind, and can be called by ${fact.grantees.includes('public') ? 'everybody' : few(callers(lens, fact))}.`,
        mend: [revoke(fact)],
      };
    }
  },
};

export const FUNCTION_RULES: readonly Rule[] = [readsPast, definerPublic, searchPath, leakproof, untrusted];

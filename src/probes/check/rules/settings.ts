/** Settings of roles and of the database that weaken what holds tenants apart. */

import { isOurRole } from '../../../compile/names.js';
import { quoteIdent } from '../../../compile/quote.js';
import type { SettingFact } from '../../../database/inspect/access.js';
import { printName } from '../../../policy/name.js';
import { few, type Lens, lensOf } from '../lens.js';
import { isSettingCall, policyParts, productPolicies, settingOf } from '../policy-expressions.js';
import type { Rule, World } from '../rule.js';

/** `role app`, `database shop`, `role app in database shop`: where a setting was made. */
function place({ role, database }: SettingFact): { readonly object: string; readonly sql: string } {
  if (role === null)
    return {
      object: `database ${printName([database ?? ''])}`,
      sql: `alter database ${quoteIdent(database ?? '')}`,
    };
  const within = database === null ? '' : ` in database ${printName([database])}`;
  return {
    object: `role ${printName([role])}${within}`,
    sql: `alter role ${quoteIdent(role)}${database === null ? '' : ` in database ${quoteIdent(database)}`}`,
  };
}

const settingName = (name: string): string => name.split('.').map(quoteIdent).join('.');

/** Settings of the product’s roles and database: Ringfence sets those of its own. */
function* productSettings({
  access,
}: World): Generator<SettingFact & { readonly at: ReturnType<typeof place> }> {
  for (const setting of access.settings) {
    if (setting.role !== null && isOurRole(setting.role)) continue;
    if (setting.role === null && setting.database === null) continue;
    yield { ...setting, at: place(setting) };
  }
}

const reset = ({
  at,
  name,
}: {
  readonly at: ReturnType<typeof place>;
  readonly name: string;
}): readonly string[] => [`${at.sql} reset ${settingName(name)}`];

const presetTenant: Rule = {
  id: 'setting.preset_tenant',
  title: 'a tenant that is preset for a role or the database',
  why: 'A connection that forgets to say for whom it works then works for that tenant, in place of seeing nothing.',
  severities: ['high'],
  *find(world) {
    const lens = lensOf(world);
    const read = settingsRead(world, lens);
    for (const setting of productSettings(world)) {
      if (!read.has(setting.name)) continue;
      yield {
        severity: 'high',
        object: setting.at.object,
        what: `${setting.name}, which policies read, is set beforehand for ${setting.at.object}.`,
        mend: reset(setting),
      };
    }
  },
};

/** The settings that policies read, themselves or through a function of the product’s. */
function settingsRead(world: World, lens: Lens): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { part } of policyParts(lens, productPolicies(world))) {
    if (part.kind !== 'call') continue;
    if (isSettingCall(part)) {
      const name = settingOf(part);
      if (name !== undefined) found.add(name);
    }
    for (const { source } of lens.functionsCalled(part.name))
      for (const [, name = ''] of source.matchAll(/current_setting\s*\(\s*'([^']+)'/g)) found.add(name);
  }
  return found;
}

const replicationRole: Rule = {
  id: 'setting.replication_role',
  title: 'sessions in which triggers and foreign keys do not act',
  why: 'With session_replication_role = replica no ordinary trigger fires and no foreign key is checked: rows can point into other tenants, and what triggers guard is open.',
  severities: ['high'],
  *find(world) {
    for (const setting of productSettings(world)) {
      if (setting.name !== 'session_replication_role' || setting.value === 'origin') continue;
      yield {
        severity: 'high',
        object: setting.at.object,
        what: `session_replication_role is ${setting.value} for ${setting.at.object}.`,
        mend: reset(setting),
      };
    }
  },
};

const rowSecurityOff: Rule = {
  id: 'setting.row_security_off',
  title: 'row_security = off for a role or the database',
  why: 'It does not let rows through; every statement on a protected table fails instead, unless the role passes row security by: which is what somebody must have expected of it.',
  severities: ['low'],
  *find(world) {
    for (const setting of productSettings(world)) {
      if (setting.name !== 'row_security' || ['on', 'true', '1', 'yes'].includes(setting.value)) continue;
      yield {
        severity: 'low',
        object: setting.at.object,
        what: `row_security is off for ${setting.at.object}.`,
        mend: reset(setting),
      };
    }
  },
};

const searchPath: Rule = {
  id: 'setting.search_path',
  title: 'search paths that lead through schemas where others may create',
  why: 'Whoever creates a table, function or operator there decides what the names in other sessions’ statements mean.',
  severities: ['high'],
  *find(world) {
    const lens = lensOf(world);
    for (const setting of productSettings(world)) {
      if (setting.name !== 'search_path') continue;
      const path = setting.value.split(',').map((part) => part.trim().replace(/^"(.*)"$/, '$1'));
      const open = path.filter((schema) =>
        lens.schemaCreators(schema).some((login) => login !== setting.role),
      );
      if (open.length === 0) continue;
      yield {
        severity: 'high',
        object: setting.at.object,
        what: `The search_path of ${setting.at.object} leads through ${few(open)}, where others may create.`,
        mend: reset(setting),
      };
    }
  },
};

const preload: Rule = {
  id: 'setting.preload',
  title: 'libraries that are loaded into a role’s sessions',
  why: 'A library that is loaded into a session can do whatever the server can, past every right.',
  severities: ['medium'],
  *find(world) {
    for (const setting of productSettings(world)) {
      if (
        !['session_preload_libraries', 'local_preload_libraries'].includes(setting.name) ||
        setting.value === ''
      )
        continue;
      yield {
        severity: 'medium',
        object: setting.at.object,
        what: `${setting.name} loads ${setting.value} for ${setting.at.object}.`,
        mend: reset(setting),
        advice:
          'Where it is wanted (auto_explain, say), load it for the whole server, or allow it with the reason.',
      };
    }
  },
};

export const SETTING_RULES: readonly Rule[] = [
  presetTenant,
  replicationRole,
  rowSecurityOff,
  searchPath,
  preload,
];

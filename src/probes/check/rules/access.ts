/** The rules about who may do what. */
import type { Rule } from '../rule.js';
import { DRIFT_RULES } from './drift.js';
import { FOREIGN_RULES } from './foreign.js';
import { FUNCTION_RULES } from './functions.js';
import { GRANT_RULES } from './grants.js';
import { OWNERSHIP_RULES } from './ownership.js';
import { POLICY_RULES } from './policies.js';
import { POLICY_COST_RULES } from './policy-cost.js';
import { POLICY_SOURCE_RULES } from './policy-sources.js';
import { REPLICATION_RULES } from './replication.js';
import { ROLE_RULES } from './roles.js';
import { ROW_SECURITY_RULES } from './row-security.js';
import { SERVER_RULES } from './server.js';
import { SETTING_RULES } from './settings.js';
import { TRIGGER_RULES } from './triggers.js';
import { VIEW_RULES } from './views.js';

export const ACCESS_RULES: readonly Rule[] = [
  ...ROLE_RULES,
  ...OWNERSHIP_RULES,
  ...ROW_SECURITY_RULES,
  ...POLICY_RULES,
  ...POLICY_SOURCE_RULES,
  ...POLICY_COST_RULES,
  ...VIEW_RULES,
  ...FUNCTION_RULES,
  ...TRIGGER_RULES,
  ...REPLICATION_RULES,
  ...FOREIGN_RULES,
  ...GRANT_RULES,
  ...SETTING_RULES,
  ...SERVER_RULES,
  ...DRIFT_RULES,
];

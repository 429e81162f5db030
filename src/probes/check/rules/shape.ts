/** The rules about what tables are like. */
import type { Rule } from '../rule.js';
import { FOREIGN_KEY_RULES } from './shape/foreign-keys.js';
import { INDEX_RULES } from './shape/indexes.js';
import { PARTITION_RULES } from './shape/partitions.js';
import { PLACEMENT_RULES } from './shape/placement.js';
import { SEQUENCE_RULES } from './shape/sequences.js';
import { STORAGE_RULES } from './shape/storage.js';
import { TENANT_COLUMN_RULES } from './shape/tenant-column.js';
import { TENANT_INDEX_RULES } from './shape/tenant-index.js';
import { TENANT_TYPE_RULES } from './shape/tenant-type.js';
import { UNIQUE_KEY_RULES } from './shape/unique-keys.js';
import { VIA_RULES } from './shape/via.js';

export const SHAPE_RULES: readonly Rule[] = [
  ...PLACEMENT_RULES,
  ...TENANT_COLUMN_RULES,
  ...TENANT_TYPE_RULES,
  ...TENANT_INDEX_RULES,
  ...VIA_RULES,
  ...UNIQUE_KEY_RULES,
  ...FOREIGN_KEY_RULES,
  ...SEQUENCE_RULES,
  ...PARTITION_RULES,
  ...INDEX_RULES,
  ...STORAGE_RULES,
];

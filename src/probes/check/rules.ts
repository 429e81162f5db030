/** Every rule of `ringfence check`. */
import type { Rule } from './rule.js';
import { ACCESS_RULES } from './rules/access.js';
import { SHAPE_RULES } from './rules/shape.js';

export const RULES: readonly Rule[] = [...ACCESS_RULES, ...SHAPE_RULES];

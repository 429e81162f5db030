/** How large one statement may be, beyond its length. What its rows may be is the policy's to say. */

/** Nodes of the tree. */
export const NODES = 10_000;

/** Values in one list: IN, VALUES, ARRAY, a target list, arguments. */
export const LIST = 1_000;

/** SELECTs inside SELECTs. */
export const SUBQUERIES = 32;

/** Tables that a statement may name, each as often as the planner has to plan it. */
export const TABLES = 64;

/** Characters that one call may pad or repeat to, and elements that it may fill an array with. */
export const REPEATED = 10_000;

/** Rows that generate_series may give. */
export const SERIES = 1_000_000;

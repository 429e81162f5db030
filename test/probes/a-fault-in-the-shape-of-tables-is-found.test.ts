/** Columns, keys, indexes, sequences, partitions: one fault each, on a base that is sound. */
import {
  AMBIGUOUS_FAULTS,
  INDEX_FAULTS,
  PARTITION_FAULTS,
  SEQUENCE_FAULTS,
  STORAGE_FAULTS,
  VIA_FAULTS,
} from './faults/shape-beside.js';
import { FOREIGN_KEY_FAULTS, UNIQUE_KEY_FAULTS } from './faults/shape-keys.js';
import { TENANT_COLUMN_FAULTS } from './faults/shape-tenant-column.js';
import { runFaults } from './support/fault.js';

runFaults('check finds a fault of the tenant column', TENANT_COLUMN_FAULTS);
runFaults('check finds a fault of a unique key', UNIQUE_KEY_FAULTS);
runFaults('check finds a fault of a foreign key', FOREIGN_KEY_FAULTS);
runFaults('check finds a fault of a link to a parent', [...VIA_FAULTS, ...AMBIGUOUS_FAULTS]);
runFaults('check finds a fault of a sequence', SEQUENCE_FAULTS);
runFaults('check finds a fault of a partition', PARTITION_FAULTS);
runFaults('check finds a fault of an index', INDEX_FAULTS);
runFaults('check finds a fault of how a table is kept', STORAGE_FAULTS);

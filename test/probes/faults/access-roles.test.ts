import { type Fault, runFaults } from '../support/fault.js';

const faults: readonly Fault[] = [
  {
    name: 'a second superuser that may log in',
    break: `create role fault_boss login superuser`,
    expect: { rule: 'role.superuser', object: 'role fault_boss', severity: 'high' },
  },
  {
    name: 'the login of the product is a member of a superuser',
    break: `create role fault_boss nologin superuser; grant fault_boss to check_app`,
    expect: { rule: 'role.reaches_superuser', object: 'role check_app', severity: 'critical' },
  },
  {
    name: 'a superuser is reached over two groups',
    break: `create role fault_boss nologin superuser; create role fault_group nologin; grant fault_boss to fault_group; grant fault_group to check_app`,
    expect: { rule: 'role.reaches_superuser', object: 'role check_app', severity: 'critical' },
  },
  {
    name: 'a membership that may not be used, but given to oneself again',
    break: `create role fault_boss nologin superuser; grant fault_boss to check_admin with admin true, inherit false, set false`,
    expect: { rule: 'role.reaches_superuser', object: 'role check_admin', severity: 'critical' },
    on: (major) => major >= 16,
  },
  {
    name: 'the login of the product has BYPASSRLS',
    break: `alter role check_app bypassrls`,
    expect: { rule: 'role.bypass_rls', object: 'role check_app', severity: 'critical' },
  },
  {
    name: 'a login that reads nothing yet has BYPASSRLS',
    break: `alter role check_admin bypassrls`,
    expect: { rule: 'role.bypass_rls', object: 'role check_admin', severity: 'high' },
  },
  {
    name: 'a group with BYPASSRLS is a SET ROLE away',
    break: `create role fault_export nologin bypassrls; grant fault_export to check_app`,
    expect: { rule: 'role.reaches_bypass_rls', object: 'role check_app', severity: 'critical' },
  },
  {
    name: 'a login can become the owner of the tables',
    break: `grant check_owner to check_app`,
    expect: { rule: 'role.reaches_owner', object: 'role check_app', severity: 'high' },
  },
  {
    name: 'a login owns a table of tenants',
    break: `alter table shop.payment owner to check_admin; grant usage on schema shop to check_admin`,
    expect: { rule: 'role.owns_tables', object: 'role check_admin', severity: 'medium' },
    mend: `alter table shop.payment owner to check_owner; revoke usage on schema shop from check_admin`,
  },
  {
    name: 'a login may grant itself any role',
    break: `alter role check_admin createrole`,
    expect: { rule: 'role.createrole', object: 'role check_admin', severity: 'high' },
    on: (major) => major < 16,
  },
  {
    name: 'a login may replicate',
    break: `alter role check_admin replication`,
    expect: { rule: 'role.replication', object: 'role check_admin', severity: 'medium' },
  },
  {
    name: 'the login of the product reads every table there is',
    break: `grant pg_read_all_data to check_app`,
    expect: { rule: 'role.reads_all_data', object: 'role check_app', severity: 'high' },
  },
  {
    name: 'a login runs programs of the server',
    break: `grant pg_execute_server_program to check_admin`,
    expect: { rule: 'role.runs_programs', object: 'role check_admin', severity: 'critical' },
  },
  {
    name: 'a login writes files of the server, over a group',
    break: `grant pg_write_server_files to check_staff; grant check_staff to check_admin`,
    expect: { rule: 'role.runs_programs', object: 'role check_admin', severity: 'critical' },
  },
  {
    name: 'a login sees the statements of others',
    break: `grant pg_monitor to check_app`,
    expect: { rule: 'role.sees_activity', object: 'role check_app', severity: 'medium' },
  },
  {
    name: 'a login makes checkpoints',
    break: `grant pg_checkpoint to check_app`,
    expect: { rule: 'role.maintains', object: 'role check_app', severity: 'low' },
  },
  {
    name: 'a login cancels the statements of others',
    break: `grant pg_signal_backend to check_app`,
    expect: { rule: 'role.signals_backends', object: 'role check_app', severity: 'medium' },
  },
];

runFaults('check on roles', faults);

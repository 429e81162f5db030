import { type Fault, runFaults } from '../support/fault.js';

const faults: readonly Fault[] = [
  {
    name: 'a tenant table that everybody may read',
    break: `grant select on shop.invoice to public`,
    expect: { rule: 'grant.public', object: 'table shop.invoice', severity: 'medium' },
    also: ['policy.command_uncovered table shop.invoice'],
  },
  {
    name: 'a tenant table that a login may empty',
    break: `grant truncate on shop.invoice to check_app`,
    expect: { rule: 'grant.unjudged', object: 'table shop.invoice', severity: 'high' },
  },
  {
    name: 'a tenant table on which a login may put triggers',
    break: `grant trigger on shop.invoice to check_app`,
    expect: { rule: 'grant.unjudged', object: 'table shop.invoice', severity: 'medium' },
  },
  {
    name: 'a schema in which everybody may create',
    break: `grant create on schema public to public`,
    expect: { rule: 'schema.public_create', object: 'schema public', severity: 'high' },
  },
  {
    name: 'the schema of the product, in which everybody may create',
    break: `grant create on schema shop to public`,
    expect: { rule: 'schema.public_create', object: 'schema shop', severity: 'medium' },
  },
  {
    name: 'a schema in which the login of the product may create',
    break: `grant create on schema shop to check_app`,
    expect: { rule: 'schema.login_create', object: 'schema shop', severity: 'low' },
  },
  {
    name: 'temporary tables for everybody, by somebody’s word',
    break: `revoke all on database $database from public; grant connect, temporary on database $database to public`,
    expect: { rule: 'database.public_rights', object: 'database $database', severity: 'low' },
  },
  {
    name: 'a database in which everybody makes schemas',
    break: `grant create on database $database to public`,
    expect: { rule: 'database.public_rights', object: 'database $database', severity: 'medium' },
  },
  {
    name: 'a large object that everybody may read',
    break: `select lo_create(4711); grant select on large object 4711 to public`,
    expect: { rule: 'large_object.public', object: 'large objects', severity: 'medium' },
  },
  {
    name: 'tables to come that are open to everybody',
    break: `alter default privileges for role check_owner in schema shop grant select on tables to public`,
    expect: {
      rule: 'grant.default_public',
      object: 'default privileges of check_owner on tables in schema shop',
      severity: 'high',
    },
  },
  {
    name: 'a login may switch triggers off for its session',
    break: `grant set on parameter session_replication_role to check_app`,
    expect: { rule: 'grant.parameter', object: 'parameter session_replication_role', severity: 'high' },
  },
  {
    name: 'triggers and foreign keys do not act in the sessions of a login',
    break: `alter role check_app set session_replication_role = replica`,
    expect: { rule: 'setting.replication_role', object: 'role check_app', severity: 'high' },
  },
  {
    name: 'row_security is off for a login',
    break: `alter role check_app set row_security = off`,
    expect: { rule: 'setting.row_security_off', object: 'role check_app', severity: 'low' },
  },
  {
    name: 'a search path through a schema where another login may create',
    break: `create schema scratch authorization check_owner; grant create, usage on schema scratch to check_admin; alter role check_app set search_path = scratch, shop`,
    expect: { rule: 'setting.search_path', object: 'role check_app', severity: 'high' },
  },
  {
    name: 'a tenant that is preset',
    break: `alter policy tenant on shop.invoice using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid));
      alter role check_app set app.tenant = '00000000-0000-4000-8000-000000000001'`,
    expect: { rule: 'setting.preset_tenant', object: 'role check_app', severity: 'high' },
    also: ['policy.plain_setting table shop.invoice'],
    mend: `alter role check_app reset app.tenant; alter policy tenant on shop.invoice using (tenant_id = (select shop.current_tenant()))`,
  },
  {
    name: 'a library that is loaded into the sessions of a login',
    break: `alter role check_app set session_preload_libraries = 'auto_explain'`,
    expect: { rule: 'setting.preload', object: 'role check_app', severity: 'medium' },
  },
  {
    name: 'large objects that a login reads without rights',
    break: `alter role check_app set lo_compat_privileges = on`,
    expect: { rule: 'server.large_objects_unchecked', object: 'role check_app', severity: 'medium' },
  },
  {
    name: 'a password that is stored as MD5',
    break: `create role fault_old login password 'md5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'`,
    expect: { rule: 'server.md5_passwords', object: 'role fault_old', severity: 'low' },
    mend: `alter role fault_old password null`,
  },
];

runFaults('check on rights and settings', faults);

import { type Fault, runFaults } from '../support/fault.js';

const faults: readonly Fault[] = [
  {
    name: 'a publication of everything',
    break: `create publication everything for all tables`,
    expect: { rule: 'publication.tenant_tables', object: 'publication everything', severity: 'high' },
  },
  {
    name: 'a publication of a tenant table',
    break: `create publication invoices for table shop.invoice, shop.country`,
    expect: { rule: 'publication.tenant_tables', object: 'publication invoices', severity: 'high' },
  },
  {
    name: 'a publication of a schema',
    break: `create publication of_shop for tables in schema shop`,
    expect: { rule: 'publication.tenant_tables', object: 'publication of_shop', severity: 'high' },
  },
  {
    name: 'a subscription',
    break: `create subscription pull connection 'host=127.0.0.1 dbname=none' publication p with (connect = false, slot_name = none, enabled = false)`,
    expect: { rule: 'subscription.present', object: 'subscription pull', severity: 'medium' },
    mend: `drop subscription pull`,
  },
  {
    name: 'a foreign server that everybody has a user on',
    break: `create extension postgres_fdw; create server elsewhere foreign data wrapper postgres_fdw options (host '127.0.0.1');
      create user mapping for public server elsewhere options (user 'u', password 'p')`,
    expect: { rule: 'foreign_server.public_mapping', object: 'server elsewhere', severity: 'high' },
  },
  {
    name: 'a foreign server that the login of the product may use',
    break: `create extension postgres_fdw; create server elsewhere foreign data wrapper postgres_fdw options (host '127.0.0.1'); grant usage on foreign server elsewhere to check_app`,
    expect: { rule: 'foreign_server.usable', object: 'server elsewhere', severity: 'medium' },
  },
  {
    name: 'a foreign table that the login of the product may read',
    break: `create extension postgres_fdw; create server elsewhere foreign data wrapper postgres_fdw options (host '127.0.0.1');
      create foreign table shop.remote (id int, body text) server elsewhere; alter foreign table shop.remote owner to check_owner; grant select on shop.remote to check_app`,
    expect: { rule: 'foreign_table.readable', object: 'foreign table shop.remote', severity: 'high' },
  },
  {
    name: 'an extension that connects to databases, for everybody',
    break: `create extension dblink`,
    expect: { rule: 'extension.reaches_out', object: 'extension dblink', severity: 'high' },
  },
  {
    name: 'an extension that shows pages, granted to the login of the product',
    break: `create extension pageinspect; grant execute on function get_raw_page(text, bigint) to check_app`,
    expect: { rule: 'extension.reaches_out', object: 'extension pageinspect', severity: 'high' },
  },
];

runFaults('check on ways out', faults);

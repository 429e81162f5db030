/** How long `ringfence check` takes on a database of 500 tables, each with row security, a policy, two indexes and a foreign key. */
import { connectAdministrator } from '../dist/database/administrator.js';
import { check } from '../dist/probes/check/check.js';

const TABLES = 500;

export async function checkRows(world) {
  await world.admin.query('create database checked');
  const url = new URL(world.url);
  url.pathname = '/checked';
  const administrator = await connectAdministrator(url.href);
  try {
    await fill(administrator);
    const times = [];
    let report;
    for (let n = 0; n < 5; n++) {
      report = await check(administrator);
      times.push(report.ms);
    }
    const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
    return [
      {
        what: `check of ${TABLES} tables, ${report.rules} rules`,
        floor: '–',
        unit: 'ms',
        value: median,
        target: '≤ 5 000 ms',
        ok: median <= 5_000,
      },
    ];
  } finally {
    await administrator.close();
    await world.admin.query('drop database checked with (force)');
    await world.admin.query('drop role check_bench');
  }
}

async function fill(administrator) {
  await administrator.query('create role check_bench login');
  await administrator.query('create table tenant (id uuid primary key default gen_random_uuid(), name text)');
  for (let n = 0; n < TABLES; n++) {
    const name = `t${n}`;
    await administrator.query(`
      create table ${name} (tenant_id uuid not null references tenant, id uuid not null default gen_random_uuid(), name text, total numeric,
        made timestamptz not null default now(), primary key (tenant_id, id));
      create index on ${name} (tenant_id, made);
      alter table ${name} enable row level security, force row level security;
      create policy tenant on ${name} to check_bench using (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid))
        with check (tenant_id = (select nullif(current_setting('app.tenant', true), '')::uuid));
      grant select, insert, update, delete on ${name} to check_bench`);
  }
}

-- Rows that probes planted: the lookalike tenants of "ringfence probe --plant" and of tests.
--
-- Each planted row has a row here, written in the same transaction: either both are there or neither, whatever ends the process or the
-- machine. Taking them away deletes both in one transaction as well. What is here while nobody holds the advisory lock of its batch was
-- left by a run that did not come to its end; the next run takes it away first.
--
-- key holds the columns of the row's primary key as text; of a row without one, all of its columns.

set local role ringfence_owner;

create table ringfence.planted (
  batch uuid not null,
  position int not null,
  schema_name text not null,
  table_name text not null,
  key jsonb not null check (jsonb_typeof(key) = 'object'),
  planted_at timestamptz not null default clock_timestamp(),
  primary key (batch, position)
);
comment on table ringfence.planted is 'Rows that probes planted in tables of the product, and take away again.';

reset role;

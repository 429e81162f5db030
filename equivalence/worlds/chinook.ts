/**
 * The music shop Chinook, cut to a few albums: whoever is a customer's support representative owns the customer, so that there are three
 * tenants (3, 4 and 5), with invoices one and lines two parents away, beside a catalogue that is shared.
 */
import { readFile } from 'node:fs/promises';
import { corpus } from '../corpora.js';
import type { Place, World } from '../world.js';
import { email, hash, last4, partial, yearOfTimestamp } from './mask.js';

/** What is kept of the catalogue, and of the sales what still refers to it. */
const CUT = `
alter table invoice_line disable trigger all;
delete from playlist_track where track_id > 120 or playlist_id > 12;
delete from playlist where playlist_id not in (select playlist_id from playlist_track) and playlist_id > 4;
delete from invoice_line where invoice_id > 150;
delete from invoice where invoice_id > 150;
update invoice_line set track_id = 1 + track_id % 120;
delete from track where track_id > 120;
delete from album where album_id not in (select album_id from track where album_id is not null) and album_id > 20;
delete from artist where artist_id not in (select artist_id from album) and artist_id > 12;
delete from genre where genre_id > 8 and genre_id not in (select genre_id from track);
alter table invoice_line enable trigger all;
update customer set support_rep_id = null where customer_id in (7, 21);
analyze;
`;

const policy = `
version: 1
preset: production
owners: { tenant: platform, role: product, secrets: security, audit: compliance }
tables:
  customer: { tenant: { column: support_rep_id } }
  invoice: { tenant: { via: customer } }
  invoice_line: { as: line, tenant: { via: invoice } }
  artist: { tenant: shared }
  album: { tenant: shared }
  track: { tenant: shared }
  genre: { tenant: shared }
  media_type: { tenant: shared }
  playlist: { tenant: shared }
  playlist_track: { tenant: shared }
  employee: { tenant: shared }
limits: { rows: 10000, scanned_rows: 1000000000000, timeout_ms: 20000, join_depth: 8 }
roles:
  support:
    reach: tenant
    tools: [query, get, aggregate, sql]
    tables:
      customer: {}
      invoice: {}
      line: {}
      artist: {}
      album: {}
      track: {}
      genre: {}
      media_type: {}
      playlist: {}
      playlist_track: {}
      employee: { columns: [employee_id, first_name, last_name, title, reports_to, birth_date] }
  partner:
    reach: tenant
    tools: [query, get, aggregate, sql]
    tables:
      customer:
        columns: [customer_id, first_name, last_name, company, country, email, phone, fax]
        mask: { last_name: partial, email: email, phone: last4, fax: "null", company: hash }
        rows: { country: { not_in: [Germany, Brazil] } }
      invoice:
        columns: [invoice_id, customer_id, invoice_date, billing_country, total]
        mask: { invoice_date: year }
        rows: { or: [{ total: { gte: 2 } }, { billing_country: { prefix: U } }] }
      line: { rows: { has: { track: { genre_id: [1, 2, 3] } } } }
      track: { columns: [track_id, name, album_id, genre_id, composer, milliseconds], mask: { composer: partial } }
      album: {}
      genre: { rows: { name: { contains: o } } }
      employee: { columns: [employee_id, last_name, reports_to, birth_date], mask: { last_name: partial, birth_date: year } }
`;

const places: readonly Place[] = [
  { role: 'support', tenant: '3', user: 'jane' },
  { role: 'support', tenant: '5', user: 'steve' },
  { role: 'partner', tenant: '3', user: 'jane' },
  { role: 'partner', tenant: '4', user: 'margaret' },
];

const CATALOGUE = {
  artist: 'select artist_id, name from public.artist',
  album: 'select album_id, title, artist_id from public.album',
  media_type: 'select media_type_id, name from public.media_type',
  playlist: 'select playlist_id, name from public.playlist',
  playlist_track: 'select playlist_id, track_id from public.playlist_track',
};

const SUPPORT = {
  ...CATALOGUE,
  genre: 'select genre_id, name from public.genre',
  track:
    'select track_id, name, album_id, media_type_id, genre_id, composer, milliseconds, bytes, unit_price from public.track',
  customer:
    'select customer_id, first_name, last_name, company, address, city, state, country, postal_code, phone, fax, email from public.customer',
  invoice:
    'select invoice_id, customer_id, invoice_date, billing_address, billing_city, billing_state, billing_country, billing_postal_code, total from public.invoice',
  line: 'select invoice_line_id, invoice_id, track_id, unit_price, quantity from public.invoice_line',
  employee: 'select employee_id, last_name, first_name, title, reports_to, birth_date from public.employee',
};

const CUSTOMERS = `country not in ('Germany', 'Brazil')`;
const INVOICES = `(total >= 2 or billing_country like 'U%') and customer_id in (select customer_id from public.customer where ${CUSTOMERS})`;

const PARTNER = {
  album: CATALOGUE.album,
  genre: `select genre_id, name from public.genre where name ~* 'o'`,
  track: `select track_id, name, album_id, genre_id, ${partial('composer')} as composer, milliseconds from public.track`,
  customer: `select customer_id, first_name, ${partial('last_name')} as last_name, ${hash('company')} as company, country,
    ${last4('phone')} as phone, null::varchar(24) as fax, ${email('email')} as email from public.customer where ${CUSTOMERS}`,
  invoice: `select invoice_id, customer_id, ${yearOfTimestamp('invoice_date')} as invoice_date, billing_country, total
    from public.invoice where ${INVOICES}`,
  line: `select invoice_line_id, invoice_id, track_id, unit_price, quantity from public.invoice_line
    where track_id in (select track_id from public.track where genre_id in (1, 2, 3))
      and invoice_id in (select invoice_id from public.invoice where ${INVOICES})`,
  employee: `select employee_id, ${partial('last_name')} as last_name, reports_to, ${yearOfTimestamp('birth_date')} as birth_date from public.employee`,
};

export const chinook: World = {
  name: 'chinook',
  policy,
  places,
  build: async (client) => {
    const script = await readFile(corpus('chinook/chinook.sql'), 'utf8');
    // The script makes its own database and connects to it, which only psql can do.
    await client.query(script.replaceAll(/^(drop database|create database|\\c\b).*$/gim, ''));
    await client.query(CUT);
  },
  keepOnly: (tenant) => `
    delete from invoice_line where invoice_id in (select i.invoice_id from invoice i join customer c using (customer_id) where c.support_rep_id is distinct from ${tenant});
    delete from invoice where customer_id in (select customer_id from customer where support_rep_id is distinct from ${tenant});
    delete from customer where support_rep_id is distinct from ${tenant}`,
  views: ({ role }) => (role === 'support' ? SUPPORT : PARTNER),
  pseudonyms: [['public.customer', 'company']],
  hidden: {
    tables: ['invoice_line', 'invoice_lines', 'public.sales', 'sales'],
    columns: [
      'customer.support_rep_id',
      'employee.hire_date',
      'line.total',
      'track.nam',
      'invoice.support_rep_id',
    ],
  },
  disturb: (tenant) => `
    insert into customer select (select max(customer_id) from customer) + row_number() over (), first_name, last_name, company, address, city, state,
      country, postal_code, phone, fax, email, support_rep_id from customer, generate_series(1, 9) where support_rep_id is distinct from ${tenant};
    insert into invoice select (select max(invoice_id) from invoice) + row_number() over (), c.customer_id, i.invoice_date, i.billing_address, i.billing_city,
      i.billing_state, i.billing_country, i.billing_postal_code, i.total from invoice i join customer c on c.customer_id % 150 = i.invoice_id % 150
      where c.support_rep_id is distinct from ${tenant} and i.invoice_id < 200;
    insert into invoice_line select (select max(invoice_line_id) from invoice_line) + row_number() over (), i.invoice_id, 1 + i.invoice_id % 120, 0.99, 7
      from invoice i join customer c using (customer_id) where c.support_rep_id is distinct from ${tenant};
    update invoice set total = 1000000, billing_country = 'USA' where customer_id in (select customer_id from customer where support_rep_id is distinct from ${tenant} and customer_id % 2 = 0);
    update customer set first_name = 'Zoe', country = null, email = 'z@y' where support_rep_id is distinct from ${tenant} and customer_id % 3 = 0;
    delete from invoice_line where invoice_id in (select i.invoice_id from invoice i join customer c using (customer_id) where c.support_rep_id is distinct from ${tenant} and i.invoice_id % 5 = 0)`,
};

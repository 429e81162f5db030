import type { Idea } from '../support/attack.js';

/** Large objects belong to no schema and no tenant. */
export const largeObjects: Idea = {
  name: 'large objects',
  about: 'storage outside of every table: made, read, listed, exported',
  attacks: [
    {
      name: 'lo_from_bytea: kept for somebody else to read',
      text: `select lo_from_bytea(424242, convert_to('left here', 'UTF8'))`,
      aim: 'writes',
      raw: {
        where: 'session',
        elsewhere: ["select convert_from(lo_get(424242), 'UTF8'), lo_unlink(424242)", /left here/],
      },
    },
    {
      name: 'lo_create, under a number that is agreed upon',
      text: `select lo_create(424243)`,
      aim: 'writes',
      raw: { next: ['select oid from pg_largeobject_metadata', /424243/] },
    },
    {
      name: 'lo_creat and lo_open and lowrite',
      text: `select lowrite(lo_open(lo_creat(-1), 131072), convert_to('left here', 'UTF8'))`,
      aim: 'writes',
      raw: { says: /"9"/ },
    },
    {
      name: 'lo_put into one that is there',
      text: `select lo_put(lo_from_bytea(0, ''), 100000, 'x')`,
      aim: 'resources',
      raw: { state: 'ok' },
    },
    {
      name: 'lo_get of numbers that are guessed',
      text: `select lo_get(n::oid) from generate_series(424242, 424243) n`,
      aim: 'rows',
      raw: { refused: '42704' },
    },
    {
      name: 'lo_unlink of whatever there is',
      text: `select lo_unlink(oid) from pg_largeobject_metadata`,
      aim: 'writes',
      raw: { state: 'ok' },
    },
    {
      name: 'a descriptor left open on the connection',
      text: `select lo_open(lo_creat(-1), 393216)`,
      aim: 'session',
      raw: { next: ['select lo_tell64(0)', /"0"/] },
    },
    {
      name: 'the pages of all of them',
      text: `select loid, data from pg_largeobject`,
      aim: 'rows',
      raw: { refused: '42501' },
    },
    {
      name: 'lo_import of a file of the host’s',
      text: `select lo_import('/etc/hostname')`,
      aim: 'host',
      raw: { as: 'superuser', state: 'ok' },
    },
    {
      name: 'lo_export to a file of the host’s',
      text: `select lo_export(lo_from_bytea(0, 'x'), '/tmp/ringfence-attack-export')`,
      aim: 'host',
      raw: { refused: '42501' },
    },
  ],
};

import type { Idea } from '../support/attack.js';

/** Whoever may become another role sees what that role sees. */
export const roles: Idea = {
  name: 'roles',
  about: 'becoming another role: by statement, by setting, by grant, by altering oneself',
  attacks: [
    {
      name: 'SET ROLE to one that sees more',
      text: `set role {role}`,
      aim: 'identity',
      raw: { next: ['select terms from invoice', /zephyr/] },
    },
    {
      name: 'SET LOCAL ROLE',
      text: `set local role {role}`,
      aim: 'identity',
      raw: { next: ['select terms from invoice', /zephyr/] },
    },
    {
      name: 'RESET ROLE to the login',
      text: `reset role`,
      aim: 'identity',
      raw: { next: [`select current_user = session_user`, /t/] },
    },
    {
      name: 'the role as a setting, in a WHERE',
      text: `select body from {ticket} where set_config('role', '{role}', true) is not null`,
      aim: 'identity',
      raw: { next: ['select terms from invoice', /zephyr/] },
    },
    {
      name: 'the role as a setting, in a CTE before the rows',
      text: `with me as materialized (select set_config('role', '{role}', true) as role)
        select me.role, t.terms from me, lateral (select query_to_xml('select terms from invoice', true, true, '')::text as terms
          where me.role is not null) t`,
      aim: 'rows',
      raw: { says: /zephyr/ },
    },
    {
      name: 'the role as a setting, back to none',
      text: `select set_config('role', 'none', false), current_user`,
      aim: 'identity',
      raw: { says: /none/ },
    },
    {
      name: 'SET SESSION AUTHORIZATION to the superuser',
      text: `set session authorization postgres`,
      aim: 'identity',
      raw: { refused: '42501' },
    },
    {
      name: 'the session’s user as a setting',
      text: `select set_config('session_authorization', session_user, false)`,
      aim: 'identity',
      raw: { says: /raw_app/ },
    },
    {
      name: 'RESET SESSION AUTHORIZATION',
      text: `reset session authorization`,
      aim: 'identity',
      raw: { state: 'ok' },
    },
    {
      name: 'ALTER ROLE of itself, so that the next login starts changed',
      text: `alter role current_user set search_path = pg_temp, public`,
      aim: 'writes',
      raw: { next: ['select setconfig::text from pg_db_role_setting', /search_path=pg_temp/] },
    },
    {
      name: 'ALTER ROLE of its own password',
      text: `alter role session_user password 'known to the attacker'`,
      aim: 'writes',
      raw: { state: 'ok' },
    },
    {
      name: 'ALTER ROLE to bypass row security',
      text: `alter role current_user bypassrls`,
      aim: 'identity',
      raw: { refused: '42501' },
    },
    {
      name: 'CREATE ROLE as a door for later',
      text: `create role door login password 'door' in role {role}`,
      aim: 'writes',
      raw: {
        as: 'superuser',
        next: [`select 'may log in' from pg_roles where rolname = 'door' and rolcanlogin`, /may log in/],
      },
    },
    {
      name: 'GRANT of its own tables to everybody',
      text: `grant select on ticket to public`,
      aim: 'writes',
      raw: {
        next: [
          `select has_table_privilege('raw_report', 'ticket', 'select'), relacl::text from pg_class where relname = 'ticket'`,
          /=r\/raw_app/,
        ],
      },
    },
    {
      name: 'GRANT of a role to itself',
      text: `grant {role} to current_user`,
      aim: 'identity',
      raw: { as: 'superuser', state: 'ok' },
    },
    {
      name: 'REVOKE of the policy’s rights, to break what follows',
      text: `revoke all on {ticket}, {customer} from current_user`,
      aim: 'writes',
      raw: { next: ['update ticket set status = status', /permission denied/] },
    },
    {
      name: 'ALTER DEFAULT PRIVILEGES for whatever is made next',
      text: `alter default privileges grant select on tables to public`,
      aim: 'writes',
      raw: { next: ['select defaclacl::text from pg_default_acl', /=r\/raw_app/] },
    },
    {
      name: 'REASSIGN OWNED to take everything along',
      text: `reassign owned by current_user to {role}`,
      aim: 'writes',
      raw: { refused: '42501' },
    },
    {
      name: 'DROP OWNED, which drops what one owns',
      text: `drop owned by current_user cascade`,
      aim: 'writes',
      raw: { next: ['select 1 from ticket', /does not exist/] },
    },
  ],
};

/**
 * What tenants are called, and what people are called, so that the two are not taken for one another.
 */
import { keyStem, singular } from './words.js';

/** What tenants are called, and how sure the name alone makes us. */
const CONCEPTS: Readonly<Record<string, number>> = {
  tenant: 40,
  org: 30,
  organization: 30,
  organisation: 30,
  account: 20,
  acct: 20,
  company: 20,
  co: 15,
  business: 20,
  firm: 20,
  agency: 20,
  workspace: 20,
  merchant: 20,
  subscriber: 15,
  institution: 20,
  clinic: 20,
  practice: 20,
  hospital: 20,
  school: 20,
  district: 15,
  franchise: 15,
  team: 15,
  store: 15,
  shop: 15,
  site: 12,
  realm: 15,
  restaurant: 15,
  hotel: 15,
  gym: 15,
  church: 15,
  community: 12,
  household: 12,
  vendor: 10,
  seller: 10,
  dealer: 10,
  partner: 10,
  project: 10,
  space: 10,
  customer: 8,
  client: 8,
};

/** From here on a name alone is worth something: below it, most of the schema has to agree. */
export const TELLING = 12;

/** Keys to people: a schema where everything has one is not thereby a schema of tenants. */
export const PEOPLE = new Set([
  'user',
  'person',
  'member',
  'employee',
  'staff',
  'admin',
  'author',
  'owner',
  'profile',
]);

/** How telling the name of a column or of a row is: 0 where it says nothing. */
export function conceptWeight(column: string): number {
  const known = conceptOf(column);
  return Object.hasOwn(CONCEPTS, known) ? (CONCEPTS[known] ?? 0) : 0;
}

/** The thing a column names: `owner_org_id` → `org`. */
export function conceptOf(column: string): string {
  return singular(keyStem(column).replace(/^(owner|owning|fk)(?=.)/, ''));
}

const ABBREVIATIONS: Readonly<Record<string, string>> = {
  org: 'organization',
  organisation: 'organization',
  acct: 'account',
  co: 'company',
  ws: 'workspace',
};

/** A stem without its abbreviation: `org` → `organization`. */
export function wholeWord(stem: string): string {
  return Object.hasOwn(ABBREVIATIONS, stem) ? (ABBREVIATIONS[stem] ?? stem) : stem;
}

/** Whether two stems name one thing: `org` is an `organization`. */
export function sameConcept(a: string, b: string): boolean {
  return wholeWord(a) === wholeWord(b);
}

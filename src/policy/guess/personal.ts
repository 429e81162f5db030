/**
 * Columns that are about a person, by their names and types: what to mask, and what a person should look at.
 */
import type { CatalogColumn, CatalogTable } from '../catalog.js';
import type { MaskKind } from '../compiled.js';
import { headOf, snake, squash } from './words.js';

/** What a column seems to hold. `mask` is null where hiding it would cost more than a guess may. */
export interface PersonalColumn {
  readonly column: string;
  readonly kind:
    | 'contact'
    | 'identifier'
    | 'birth'
    | 'name'
    | 'address'
    | 'sensitive'
    | 'free text'
    | 'anything';
  readonly mask: MaskKind | null;
}

const EMAIL = /(^|_)(e_?mails?|mail|correo)(_electronico)?(_?addr(ess)?)?(_?\d+)?$/;
const PHONE =
  /(^|_)(phones?|telephone|tel|mobile|cell|cellphone|mobilephone|homephone|workphone|fax|msisdn|whatsapp|landline|pager|telefono?|celular|handy)(_?(number|no|num|nr|ext))?(_?\d+)?$/;
const IDENTIFIER =
  /(^|_)(ssn|social_security(_(number|no))?|sin_number|tax_?id|tax_(number|no)|taxpayer_id|vat_?id|vat_(number|no)|fiscal_code|tin|itin|iban|bban|(bank_)?account_?(number|no|num)|acct_(number|no)|routing_?(number|no)|sort_code|(credit_?)?card_?(number|no|num)|cc_?(number|no|num)|pan|passport(_?(number|no))?|national_?id(_(number|no))?|id_card(_(number|no))?|identity_(number|no)|drivers?_?licen[cs]e(_?(number|no))?|licen[cs]e_plate|nhs_(number|no)|medicare_(number|no)|medical_record_(number|no)|mrn|insurance_(number|no)|policy_holder_id|cpf|cnpj|dni|nif|nie|nino|aadhaar|bsn|pesel|curp)(_?\d+)?$/;
const BIRTH = /(^|_)(birth_?(date|day)?|birthdate|birthday|dob|date_?of_?birth|born(_on)?)$/;
const NAME =
  /(^|_)(first|last|middle|full|given|family|maiden|legal|display|contact|nick|sur|fore|pre)_?name$|(^|_)(firstname|lastname|fullname|surname|initials|customer_name|patient_name|recipient|guest_name|employee_name|billing_name|shipping_name|attn|contact_person)$/;
const ADDRESS =
  /(^|_)(address|addr|street|street_(name|number|address)|address_?(line)?_?\d?|house_(number|no)|ip|ip_?addr(ess)?|remote_addr|user_agent|latitude|longitude|lat|lng|lon|geo|location|gps)$/;
const PLACE = /(^|_)(city|town|zip|zip_?code|post_?code|postal_?code|state|county|region|country)$/;
const SENSITIVE =
  /(^|_)(gender|sex|religion|ethnicity|race|nationality|marital_status|diagnos(is|es)|disability|health|allerg(y|ies)|medication|blood_(type|group)|salary|wage|income|compensation|credit_score|criminal_record|political_(party|view)|sexual_orientation)$/;
const FREE_TEXT =
  /(^|_)(body|notes?|comments?|messages?|content|text|memo|remarks?|feedback|bio|biography|about|transcript|summary|details|complaint|review|reply|answer|reason|instructions|special_requests?|internal_notes?)$/;

const PERSON_ROWS = new Set([
  'user',
  'person',
  'member',
  'employee',
  'staff',
  'customer',
  'client',
  'contact',
  'patient',
  'student',
  'teacher',
  'pupil',
  'driver',
  'subscriber',
  'visitor',
  'profile',
  'guest',
  'resident',
  'lead',
  'candidate',
  'applicant',
  'attendee',
  'participant',
  'passenger',
  'recipient',
  'doctor',
  'nurse',
  'admin',
  'administrator',
  'operator',
  'owner',
  'parent',
  'guardian',
  'donor',
  'voter',
  'buyer',
  'borrower',
  'renter',
  'worker',
  'agent',
  'representative',
  'rep',
  'physician',
  'caregiver',
  'beneficiary',
  'cardholder',
]);

/** Whether a row of the table is, by its name, somebody. */
export function isAboutPeople(table: CatalogTable): boolean {
  return PERSON_ROWS.has(headOf(table.name));
}

const TEXT = new Set(['S']);
const DATES = new Set([1082, 1114, 1184]);

/** Every column of a table that seems to be about a person, in the order of the table. */
export function personalColumns(table: CatalogTable): readonly PersonalColumn[] {
  return table.columns.flatMap((column) => personalColumn(table, column) ?? []);
}

function personalColumn(table: CatalogTable, column: CatalogColumn): PersonalColumn | null {
  const name = snake(column.name);
  const text = TEXT.has(column.category);
  const found = (kind: PersonalColumn['kind'], mask: MaskKind | null): PersonalColumn => ({
    column: column.name,
    kind,
    mask,
  });
  const holdsValue = !['B', 'D', 'T', 'E'].includes(column.category);
  if (holdsValue && EMAIL.test(name)) return found('contact', text ? 'email' : 'null');
  if (holdsValue && (PHONE.test(name) || /(phone|mobile|fax)(number|no)?$/.test(squash(name))))
    return found('contact', text ? 'last4' : 'null');
  if (holdsValue && IDENTIFIER.test(name)) return found('identifier', text ? 'last4' : 'null');
  if (BIRTH.test(name) && (DATES.has(column.typeOid) || text))
    return found('birth', DATES.has(column.typeOid) ? 'year' : 'null');
  if (SENSITIVE.test(name)) return found('sensitive', null);
  if (text && NAME.test(name)) return found('name', null);
  if (holdsValue && ADDRESS.test(name)) return found('address', null);
  if (isAboutPeople(table)) {
    if (text && (name === 'name' || name === 'username' || name === 'login')) return found('name', null);
    if (text && PLACE.test(name)) return found('address', null);
  }
  if (text && FREE_TEXT.test(name)) return found('free text', null);
  if (['pg_catalog.json', 'pg_catalog.jsonb', 'pg_catalog.xml'].includes(column.castType))
    return found('anything', null);
  return null;
}

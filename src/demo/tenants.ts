/**
 * The demo's tenants: two that are easily taken for each other, and four others. Their rows get interleaved ids, as in any
 * database whose tables are shared: the row after one of ours is somebody else's.
 */

/** One tenant of the help desk product, as somebody would tell of it. */
interface DemoTenant {
  readonly id: string;
  readonly name: string;
  readonly plan: 'starter' | 'team' | 'business';
  readonly seats: number;
  readonly renewsOn: string;
  readonly outlook: string;
  readonly people: readonly string[];
  readonly tickets: readonly (readonly [subject: string, body: string])[];
  readonly notes: readonly (readonly [workspace: Workspace, body: string])[];
}

type Workspace = 'front-desk' | 'back-office';

/** Whose agent the demo follows, and whom it must never hear of. */
export const OURS = 'northstar-dental';
export const THEIRS = 'northstar-design';

export const TENANTS: readonly DemoTenant[] = [
  {
    id: OURS,
    name: 'Northstar Dental',
    plan: 'team',
    seats: 12,
    renewsOn: '2027-03-12',
    outlook: 'considering churn because support was slow',
    people: ['Dana Whitfield', 'Marcus Oyelaran', 'Priya Raman', 'Tomas Lind'],
    tickets: [
      [
        'Three days without an answer',
        'We asked on Monday and heard nothing. Reach me at dana.home@mail.example or +1 555 014 2231.',
      ],
      [
        'Second escalation, still unanswered',
        'If nobody replies this week we will look at other vendors before we renew.',
      ],
      ['X-ray upload fails above 20 MB', 'The progress bar stops at 97 percent on the machine in room two.'],
      [
        'Recall list shows patients twice',
        'Since the update every patient with two phone numbers is on the list twice.',
      ],
      ['Add a billing contact', 'Please copy Priya on invoices from now on.'],
      ['Imported from the old system', 'Moved by the import of last year; the contact may be wrong.'],
    ],
    notes: [
      ['front-desk', 'Dana prefers a call before nine.'],
      ['front-desk', 'The practice closes on Wednesdays at noon.'],
      ['back-office', 'Owner asked finance for quotes from two competitors.'],
    ],
  },
  {
    id: THEIRS,
    name: 'Northstar Design',
    plan: 'business',
    seats: 9,
    renewsOn: '2027-04-18',
    outlook: 'expanding to three new seats',
    people: ['Delia Whitford', 'Mara Okonkwo', 'Piet Ramaekers', 'Tessa Lindqvist'],
    tickets: [
      [
        'Quote for three new seats',
        'The studio hires in May: send the quote to delia.studio@mail.example or +1 555 017 8842.',
      ],
      ['Switch to yearly billing', 'We want one invoice a year, from the renewal on.'],
      ['Brand colours in the portal', 'Can the portal use our own palette, at least on the sign-in page?'],
      ['Guest access for freelancers', 'Two illustrators need to see one board and nothing else.'],
      ['Font missing in exports', 'Exported PDFs fall back to Arial where our own face should be.'],
      ['Sandbox for the agency', 'A partner agency wants to try the interface before summer.'],
    ],
    notes: [
      ['front-desk', 'Delia decides alone and signs quickly.'],
      ['front-desk', 'Offer the studio bundle with the extra seats.'],
      ['back-office', 'Discount of eleven percent approved for the expansion.'],
    ],
  },
  ...(
    [
      [
        'north-star-diner',
        'North Star Diner',
        'starter',
        3,
        '2027-01-09',
        'undecided about online orders',
        'Nora Castell',
        'menu',
      ],
      [
        'polaris-legal',
        'Polaris Legal',
        'business',
        41,
        '2027-06-30',
        'asks for a data processing agreement',
        'Imke Vos',
        'docket',
      ],
      [
        'harbor-freight-lines',
        'Harbor Freight Lines',
        'team',
        18,
        '2027-02-21',
        'merging with a competitor',
        'Joao Peixoto',
        'manifest',
      ],
      [
        'juniper-health',
        'Juniper Health',
        'business',
        77,
        '2027-09-15',
        'plans to triple its seats',
        'Saskia Bloom',
        'roster',
      ],
    ] as const
  ).map(([id, name, plan, seats, renewsOn, outlook, person, thing]) => ({
    id,
    name,
    plan,
    seats,
    renewsOn,
    outlook,
    people: [person, `Second ${person}`, `Third ${person}`, `Fourth ${person}`],
    tickets: ['import', 'export', 'search', 'print', 'archive', 'share'].map(
      (verb) =>
        [
          `Cannot ${verb} the ${thing}`,
          `Since Tuesday nobody at ${name} can ${verb} the ${thing} any more.`,
        ] as const,
    ),
    notes: [
      ['front-desk', `${name} answers mail faster than the phone.`],
      ['front-desk', `Send ${person} the ${thing} guide.`],
      ['back-office', `${name} pays late every December.`],
    ] as const,
  })),
];

type Row = Readonly<Record<string, string | number | null>>;

/** Rows by table, in the order in which they can be inserted. */
export function demoRows(): ReadonlyMap<string, readonly Row[]> {
  const organization = TENANTS.map(({ id, name, plan, seats, renewsOn, outlook }, at) => ({
    id,
    name,
    plan,
    seats,
    renews_on: renewsOn,
    outlook,
    api_token: `hd_live_${digits(`token ${id}`, 10 ** 12 + at)}`,
  }));
  const contact = interleaved(
    ({ people }) => people,
    101,
    (tenant, person, id) => ({
      id,
      organization_id: tenant.id,
      full_name: person,
      email: `${person.toLowerCase().replaceAll(' ', '.')}@${tenant.id}.example`,
      phone: `+1 555 ${String(2_000_000 + id * 7_919)}`,
      portal_password: `plain-${digits(`password ${id}`, 10 ** 9)}`,
    }),
  );
  const contactsOf = (tenant: string) => contact.filter(({ organization_id }) => organization_id === tenant);
  const ticket = interleaved(
    ({ tickets }) => tickets,
    501,
    (tenant, [subject, body], id, at) => ({
      id,
      organization_id: tenant.id,
      // A mistake of the product's own: this ticket of one tenant refers to a contact of another.
      contact_id:
        (subject === 'Imported from the old system' ? contactsOf(THEIRS) : contactsOf(tenant.id))[at % 4]
          ?.id ?? null,
      subject,
      body,
      status: at < 3 ? 'open' : 'closed',
      priority: at === 1 ? 'high' : 'normal',
      updated_by: null,
      updated_at: `2026-11-${String(10 + at)}T09:30:00Z`,
    }),
  );
  const ticketNote = ticket.map(({ id, organization_id, subject }, at) => ({
    id: 701 + at,
    ticket_id: id,
    author: 'import',
    body: `Filed for ${organization_id}: ${subject.toLowerCase()}.`,
  }));
  const invoice = interleaved(
    () => [0, 1, 2, 3, 4],
    1001,
    (tenant, month, id) => ({
      id,
      organization_id: tenant.id,
      number: `${tenant.id.toUpperCase()}-${id}`,
      issued_on: `2026-${String(6 + month).padStart(2, '0')}-01`,
      total: Number((tenant.seats * 49 + (id - 1000) * 3.37).toFixed(2)),
    }),
  );
  const invoiceLine = invoice.flatMap(({ id, total }, at) => [
    { id: 3001 + at * 2, invoice_id: id, description: 'Seats', amount: Number((total * 0.9).toFixed(2)) },
    {
      id: 3002 + at * 2,
      invoice_id: id,
      description: 'Storage',
      amount: Number((total - Number((total * 0.9).toFixed(2))).toFixed(2)),
    },
  ]);
  const workspaceNote = interleaved(
    ({ notes }) => notes,
    901,
    (tenant, [workspace, body], id) => ({
      id,
      organization_id: tenant.id,
      workspace,
      body,
    }),
  );
  return new Map<string, readonly Row[]>([
    [
      'plan',
      [
        { code: 'starter', name: 'Starter', seat_price: 29 },
        { code: 'team', name: 'Team', seat_price: 49 },
        { code: 'business', name: 'Business', seat_price: 89 },
      ],
    ],
    ['organization', organization],
    ['contact', contact],
    ['ticket', ticket],
    ['ticket_note', ticketNote],
    ['invoice', invoice],
    ['invoice_line', invoiceLine],
    ['workspace_note', workspaceNote],
  ]);
}

/** One row of each tenant in turn, then the next of each. */
function interleaved<Item, Made extends Row>(
  items: (tenant: DemoTenant) => readonly Item[],
  firstId: number,
  make: (tenant: DemoTenant, item: Item, id: number, at: number) => Made,
): Made[] {
  const rounds = Math.max(...TENANTS.map((tenant) => items(tenant).length));
  const turns = Array.from({ length: rounds }, (_, at) => TENANTS.map((tenant) => ({ tenant, at }))).flat();
  return turns.flatMap(({ tenant, at }, index) => {
    const item = items(tenant)[at];
    return item === undefined ? [] : [make(tenant, item, firstId + index, at)];
  });
}

/** A number that nobody else's row has: the same in every run. */
function digits(seed: string, modulus: number): string {
  let value = 7n;
  for (const character of seed)
    value = (value * 1_000_003n + BigInt(character.charCodeAt(0))) % BigInt(modulus);
  return value.toString().padStart(9, '0');
}

/** Personal data in the free text of tickets, which is masked. */
export const PERSONAL_TEXTS: readonly string[] = [
  'dana.home@mail.example',
  '+1 555 014 2231',
  'delia.studio@mail.example',
  '+1 555 017 8842',
];

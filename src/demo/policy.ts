/** The policy that fences the demo's database. `ringfence init` writes one like it for any database. */

export const POLICY = `
version: 1
preset: production
owners: { tenant: platform-team, role: product, secrets: security, audit: compliance }

tables:
  organization:   { tenant: { column: id } }
  contact:        { tenant: { column: organization_id } }
  ticket:         { tenant: { column: organization_id } }
  ticket_note:    { tenant: { via: ticket } }
  invoice:        { tenant: { column: organization_id } }
  invoice_line:   { tenant: { via: invoice } }
  workspace_note: { tenant: { column: organization_id }, workspace: { column: workspace } }
  plan:           { tenant: shared }

# Columns like *password*, *secret*, *token* and *api_key* are denied without a word here:
# that is contact.portal_password and organization.api_token.

roles:
  support:
    description: Answers the questions of one customer
    tools: [describe_schema, query, get, aggregate, create, update]
    tables:
      organization: {}
      plan: {}
      contact:
        mask: { email: email, phone: last4 }
      ticket:
        mask: { body: text }
        update: [status, priority, contact_id]
        presets: { updated_by: { value: $user, on: update }, updated_at: { value: $now, on: update } }
      ticket_note:
        create: [ticket_id, body]
        presets: { author: $user }
      invoice: {}
      invoice_line:
        update: [invoice_id, description]
      workspace_note:
        create: [body]

  team_lead:
    description: Closes what support has answered
    tools: [describe_schema, query, get, aggregate, update, delete]
    tables:
      ticket:
        columns: [id, subject, status, priority]
        update: [status]
      ticket_note:
        delete: true
`;

/** Turns what zod found wrong with a tool's input into a denial that an agent can act on. */
import type { z } from 'zod';
import { type Denial, deny } from '../errors.js';
import type { Tool } from './tool.js';

/** How many complaints one answer carries. */
const SHOWN = 3;

export function explainInput(tool: Tool, error: z.ZodError): Denial {
  const complaints = error.issues.slice(0, SHOWN).map((issue) => {
    const at = issue.path.map((part) => String(part).slice(0, 60)).join('.');
    return at === '' ? issue.message : `${at}: ${issue.message}`;
  });
  return deny(
    'input_invalid',
    `tools.${tool.name}.input`,
    `The input does not have the tool's shape. ${complaints.join('; ')}`.slice(0, 600),
    `See the input schema of "${tool.name}".`,
  );
}

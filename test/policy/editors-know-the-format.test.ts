import { describe, expect, test } from 'vitest';
import { policyJsonSchema } from '../../src/policy/json-schema.js';

interface Node {
  readonly description?: string;
  readonly additionalProperties?: Node | false;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

/** Paths of the fields without a description. */
function undescribed(node: Node, path: string): string[] {
  const children: [string, Node][] = [
    ...Object.entries(node.properties ?? {}).map(([key, child]): [string, Node] => [`${path}.${key}`, child]),
    ...(node.anyOf ?? []).map((child, index): [string, Node] => [`${path}|${index}`, child]),
  ];
  if (typeof node.additionalProperties === 'object') children.push([`${path}.*`, node.additionalProperties]);
  if (node.items !== undefined) children.push([`${path}[]`, node.items]);
  const inner = children.flatMap(([name, child]) => undescribed(child, name));
  const own = Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    child.description ? [] : [`${path}.${key}`],
  );
  return [...own, ...inner];
}

/** Paths of the mappings that take any key. */
function open(node: Node, path: string): string[] {
  const children: [string, Node][] = Object.entries(node.properties ?? {}).map(([key, child]) => [
    `${path}.${key}`,
    child,
  ]);
  if (typeof node.additionalProperties === 'object') children.push([`${path}.*`, node.additionalProperties]);
  if (node.items !== undefined) children.push([`${path}[]`, node.items]);
  const own = node.properties !== undefined && node.additionalProperties !== false ? [path] : [];
  return [...own, ...children.flatMap(([name, child]) => open(child, name))];
}

describe('the published JSON Schema', () => {
  test('is what the policy file is checked with; run with --update after changing that', async () => {
    const text = `${JSON.stringify(policyJsonSchema(), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot('../../schema/policy.schema.json');
  });

  test('describes every field', () => {
    expect(undescribed(policyJsonSchema(), '')).toEqual([]);
  });

  test('takes no key that it does not know', () => {
    expect(open(policyJsonSchema(), '')).toEqual([]);
  });
});

/** Inputs of the tools `query`, `get` and `aggregate`, as docs/tools.md describes them. */

export type Where = Readonly<Record<string, unknown>>;

export interface Include {
  readonly columns?: readonly string[];
  readonly where?: Where;
  readonly order?: readonly string[];
  readonly limit?: number;
  readonly include?: Readonly<Record<string, true | Include>>;
}

export interface QueryInput extends Include {
  readonly table: string;
}

export interface GetInput {
  readonly table: string;
  readonly id: unknown;
  readonly columns?: readonly string[];
  readonly include?: Readonly<Record<string, true | Include>>;
}

export type Unit = 'day' | 'week' | 'month' | 'quarter' | 'year';

export interface AggregateInput {
  readonly table: string;
  readonly metrics: readonly { readonly fn: string; readonly column?: string; readonly as?: string }[];
  readonly group_by?: readonly (string | { readonly column: string; readonly by: Unit })[];
  readonly where?: Where;
  readonly having?: Where;
  readonly order?: readonly string[];
  readonly limit?: number;
}

export type StructuredCall =
  | { readonly tool: 'query'; readonly input: QueryInput }
  | { readonly tool: 'get'; readonly input: GetInput }
  | { readonly tool: 'aggregate'; readonly input: AggregateInput };

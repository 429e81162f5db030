/** SQL/JSON of PostgreSQL 17, which pgsql-deparser does not write: JSON_VALUE, JSON_QUERY, JSON_EXISTS and JSON_TABLE. */
import type {
  Alias,
  JsonArgument,
  JsonBehavior,
  JsonBehaviorType,
  JsonFuncExpr,
  JsonQuotes,
  JsonTable,
  JsonTableColumn,
  JsonTablePathSpec,
  JsonWrapper,
  Node,
} from 'libpg-query';
import { Deparser } from 'pgsql-deparser';
import { quoteName } from './quoting.js';

export type Context = NonNullable<Parameters<Deparser['visit']>[1]>;

const BEHAVIORS: Readonly<Record<Exclude<JsonBehaviorType, 'JSON_BEHAVIOR_DEFAULT'>, string>> = {
  JSON_BEHAVIOR_NULL: 'NULL',
  JSON_BEHAVIOR_ERROR: 'ERROR',
  JSON_BEHAVIOR_EMPTY: 'EMPTY',
  JSON_BEHAVIOR_TRUE: 'TRUE',
  JSON_BEHAVIOR_FALSE: 'FALSE',
  JSON_BEHAVIOR_UNKNOWN: 'UNKNOWN',
  JSON_BEHAVIOR_EMPTY_ARRAY: 'EMPTY ARRAY',
  JSON_BEHAVIOR_EMPTY_OBJECT: 'EMPTY OBJECT',
};

const WRAPPERS: Readonly<Record<JsonWrapper, string>> = {
  JSW_UNSPEC: '',
  JSW_NONE: 'WITHOUT WRAPPER',
  JSW_CONDITIONAL: 'WITH CONDITIONAL WRAPPER',
  JSW_UNCONDITIONAL: 'WITH UNCONDITIONAL WRAPPER',
};

const QUOTES: Readonly<Record<JsonQuotes, string>> = {
  JS_QUOTES_UNSPEC: '',
  JS_QUOTES_KEEP: 'KEEP QUOTES',
  JS_QUOTES_OMIT: 'OMIT QUOTES',
};

export abstract class JsonDeparser extends Deparser {
  JsonFuncExpr(node: JsonFuncExpr, context: Context): string {
    const { op = '', context_item, pathspec, passing, output, wrapper, quotes, on_empty, on_error } = node;
    return spaced(
      `${op.replace(/_OP$/, '')}(${context_item === undefined ? '' : this.JsonValueExpr(context_item, context)},`,
      pathspec === undefined ? '' : this.visit(pathspec, context),
      this.#passing(passing, context),
      this.formatJsonOutput(output, context) ?? '',
      WRAPPERS[wrapper ?? 'JSW_UNSPEC'],
      QUOTES[quotes ?? 'JS_QUOTES_UNSPEC'],
      this.#on('EMPTY', on_empty, context),
      `${this.#on('ERROR', on_error, context)})`,
    );
  }

  JsonTable(node: JsonTable, context: Context): string {
    const { lateral, context_item, pathspec, passing, columns = [], on_error, alias } = node;
    return spaced(
      lateral === true ? 'LATERAL' : '',
      `JSON_TABLE(${context_item === undefined ? '' : this.JsonValueExpr(context_item, context)},`,
      this.#path(pathspec, context),
      this.#passing(passing, context),
      `COLUMNS (${columns.map((column) => this.visit(column, context)).join(', ')})`,
      `${this.#on('ERROR', on_error, context)})`,
      alias === undefined ? '' : this.alias(alias),
    );
  }

  JsonTableColumn(node: JsonTableColumn, context: Context): string {
    const { coltype, name = '', typeName, pathspec, format, wrapper, quotes, columns = [] } = node;
    if (coltype === 'JTC_FOR_ORDINALITY') return `${quoteName(name)} FOR ORDINALITY`;
    if (coltype === 'JTC_NESTED') {
      const nested = columns.map((column) => this.visit(column, context)).join(', ');
      return `NESTED PATH ${this.#path(pathspec, context)} COLUMNS (${nested})`;
    }
    const exists = coltype === 'JTC_EXISTS';
    return spaced(
      quoteName(name),
      typeName === undefined ? '' : this.TypeName(typeName, context),
      exists ? 'EXISTS' : (this.formatJsonFormat(format) ?? ''),
      pathspec === undefined ? '' : `PATH ${this.#path(pathspec, context)}`,
      exists ? '' : WRAPPERS[wrapper ?? 'JSW_UNSPEC'],
      QUOTES[quotes ?? 'JS_QUOTES_UNSPEC'],
      this.#on('EMPTY', node.on_empty, context),
      this.#on('ERROR', node.on_error, context),
    );
  }

  JsonArgument({ val, name = '' }: JsonArgument, context: Context): string {
    return `${val === undefined ? '' : this.JsonValueExpr(val, context)} AS ${quoteName(name)}`;
  }

  /** `AS name (columns)` */
  protected abstract alias(alias: Alias): string;

  #path(path: JsonTablePathSpec | undefined, context: Context): string {
    const text = path?.string === undefined ? '' : this.visit(path.string, context);
    return path?.name === undefined ? text : `${text} AS ${quoteName(path.name)}`;
  }

  #passing(passing: readonly Node[] | undefined, context: Context): string {
    if (passing === undefined) return '';
    return `PASSING ${passing.map((argument) => this.visit(argument, context)).join(', ')}`;
  }

  #on(event: 'EMPTY' | 'ERROR', behavior: JsonBehavior | undefined, context: Context): string {
    if (behavior === undefined) return '';
    const { btype, expr } = behavior;
    if (btype !== undefined && btype !== 'JSON_BEHAVIOR_DEFAULT') return `${BEHAVIORS[btype]} ON ${event}`;
    return `DEFAULT ${expr === undefined ? '' : this.visit(expr, context)} ON ${event}`;
  }
}

function spaced(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

/** What SQL calls a statement that PostgreSQL's parser names otherwise. */
const NAMES: Readonly<Record<string, string>> = {
  AlterDatabaseSetStmt: 'ALTER DATABASE … SET',
  AlterRoleSetStmt: 'ALTER ROLE … SET',
  CheckPointStmt: 'CHECKPOINT',
  ClosePortalStmt: 'CLOSE',
  CommentStmt: 'COMMENT ON',
  ConstraintsSetStmt: 'SET CONSTRAINTS',
  CreateFunctionStmt: 'CREATE FUNCTION',
  CreateStmt: 'CREATE TABLE',
  CreateTableAsStmt: 'CREATE TABLE AS',
  CreatedbStmt: 'CREATE DATABASE',
  DeclareCursorStmt: 'DECLARE CURSOR',
  DropdbStmt: 'DROP DATABASE',
  GrantRoleStmt: 'GRANT or REVOKE',
  GrantStmt: 'GRANT or REVOKE',
  IndexStmt: 'CREATE INDEX',
  RefreshMatViewStmt: 'REFRESH MATERIALIZED VIEW',
  RuleStmt: 'CREATE RULE',
  SecLabelStmt: 'SECURITY LABEL',
  TransactionStmt: 'transaction control',
  VacuumStmt: 'VACUUM or ANALYZE',
  VariableSetStmt: 'SET or RESET',
  VariableShowStmt: 'SHOW',
  ViewStmt: 'CREATE VIEW',
};

/** `DeleteStmt` as a reader of SQL knows it: `DELETE`. */
export function statementKind(node: string): string {
  if (Object.hasOwn(NAMES, node)) return NAMES[node] ?? node;
  return node
    .replace(/Stmt$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
}

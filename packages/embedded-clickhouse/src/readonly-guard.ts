import { ClickHouseError } from './clickhouse-error.ts';
import { isKeyword, tokenize, type Token } from './lexer.ts';
import {
  forbiddenFunctions,
  harmlessTableFunctions,
  isOpenSetting,
  loweredSettings,
  openSystemTables,
} from './readonly-lists.ts';
import { isQuery } from './query.ts';
import type { Statement } from './statement.ts';

/** What the guard must know of the engine and the request. */
export interface GuardContext {
  /** Names of all table functions in lower case. */
  readonly tableFunctions: ReadonlySet<string>;
  isSetting(name: string): boolean;
  /** `param_<name>` values. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly database: string | null;
  /** Upper bounds of `loweredSettings`; a setting without one has no bound. */
  readonly bounds: ReadonlyMap<string, number>;
}

/** Settings whose value is a piece of SQL. */
const sqlSettings = new Set(['additional_table_filters', 'additional_result_filter']);

/**
 * Refuses what the read-only account must not do and the engine itself would let pass: writing files (INTO OUTFILE),
 * reading them (the function file), a second statement, KILL, lifting limits with SETTINGS, looking into other users'
 * doings in `system`. Decided on tokens; whatever could be read in two ways is refused. The engine's own access control
 * (a role without grants to write, to files and to the network, and readonly = 2) stands behind it.
 */
export function guardReadonly(statement: Statement, context: GuardContext): void {
  const { tokens } = statement;
  guardLexically(tokens);
  if (!isQuery(statement) || statement.verb === 'CHECK' || isKeyword(tokens[1], 'PROCESSLIST')) {
    throw new ClickHouseError(164, 'READONLY', 'Cannot execute query in readonly mode.');
  }
  if (context.database?.toLowerCase() === 'system') throw denied('the database system');
  if (statement.verb === 'SHOW') guardShow(tokens);
  if (statement.verb === 'EXPLAIN') guardExplain(tokens);
  for (let at = 0; at < tokens.length; at += 1) guardToken(tokens, at, context);
}

/** The settings of a request's URL that the account may give; the others are left out, as dashboards send what they like. */
export function openSettingsOf(settings: ReadonlyMap<string, string>, context: GuardContext): Map<string, string> {
  const open = new Map<string, string>();
  for (const [name, value] of settings) {
    if (sqlSettings.has(name)) guardFilter(value, context);
    const isLower =
      loweredSettings.has(name) && Number(value) > 0 && Number(value) <= (context.bounds.get(name) ?? Number.POSITIVE_INFINITY);
    if (isLower || isOpenSetting(name)) open.set(name, value);
  }
  return open;
}

function guardLexically(tokens: readonly Token[]): void {
  const bad = tokens.find((token) => token.kind === 'bad' || token.text.startsWith('$') || isEscapedName(token));
  if (bad === undefined) return;
  const text = JSON.stringify(bad.text.slice(0, 20));
  throw new ClickHouseError(
    62,
    'SYNTAX_ERROR',
    `The read-only account cannot use ${text} at byte ${bad.start}: plain names, strings and ASCII signs only.`,
  );
}

/** A filter is SQL, or a map of table names to SQL inside strings: the same rules hold there. */
function guardFilter(value: string, context: GuardContext): void {
  for (const token of tokenize(Buffer.from(value).toString('latin1')))
    if (token.kind === 'string') guardFilterText(token, context);
  guardExpression(Buffer.from(value).toString('latin1'), context);
}

function guardFilterText(token: Token, context: GuardContext): void {
  const inner = token.text.slice(1, -1);
  if (/\\[^'\\]/.test(inner)) throw denied('escapes in a filter');
  guardExpression(
    inner.replaceAll(/\\(['\\])|''/g, (_, escaped: string | undefined) => escaped ?? "'"),
    context,
  );
}

function guardExpression(text: string, context: GuardContext): void {
  const tokens = tokenize(text);
  guardLexically(tokens);
  for (let at = 0; at < tokens.length; at += 1) guardToken(tokens, at, context);
}

/** A quoted name may spell any other name with backslashes. */
function isEscapedName(token: Token): boolean {
  return token.kind === 'quoted' && (token.text.includes('\\') || token.text.slice(1, -1).includes(token.text[0]!));
}

function nameOf(token: Token | undefined): string | null {
  if (token?.kind === 'word') return token.text.toLowerCase();
  return token?.kind === 'quoted' ? token.text.slice(1, -1).toLowerCase() : null;
}

const shown = new Set([
  'columns',
  'create',
  'databases',
  'dictionaries',
  'extended',
  'fields',
  'full',
  'functions',
  'index',
  'indexes',
  'indices',
  'keys',
  'tables',
]);
const unshown = new Set([
  'user',
  'users',
  'role',
  'roles',
  'quota',
  'quotas',
  'policy',
  'policies',
  'row',
  'profile',
  'profiles',
  'settings',
  'grants',
  'access',
]);

function guardShow(tokens: readonly Token[]): void {
  const what = nameOf(tokens[1]);
  const then = nameOf(tokens[2]);
  if (what === null || !shown.has(what) || (what === 'create' && then !== null && unshown.has(then))) throw denied('this SHOW');
}

const explained = new Set(['ast', 'syntax', 'query', 'tree', 'plan', 'pipeline', 'estimate']);

/** `EXPLAIN [kind] [option = number, …] SELECT …` only: EXPLAIN TABLE OVERRIDE connects to a server. */
function guardExplain(tokens: readonly Token[]): void {
  let at = 1;
  while (explained.has(nameOf(tokens[at]) ?? '')) at += 1;
  while (tokens[at + 1]?.text === '=') at += tokens[at + 3]?.text === ',' ? 4 : 3;
  const first = tokens[at];
  const isSelect = first?.text === '(' || ['SELECT', 'WITH', 'FROM'].some((word) => isKeyword(first, word));
  if (!isSelect) throw denied('this EXPLAIN');
}

function guardToken(tokens: readonly Token[], at: number, context: GuardContext): void {
  const token = tokens[at]!;
  const before = tokens[at - 1];
  const after = tokens[at + 1];
  if (token.text === '{') guardParameter(tokens, at, context);
  const name = nameOf(token);
  if (name === null) return;
  if (forbiddenFunctions.has(name) && before?.text !== '.' && (after?.text === '(' || !isKeyword(before, 'AS')))
    throw denied(`the function ${name}`);
  if (after?.text === '(' && context.tableFunctions.has(name) && !harmlessTableFunctions.has(name))
    throw denied(`the table function ${name}`);
  if (name === 'system' && after?.text === '.' && !openSystemTables.has(nameOf(tokens[at + 2]) ?? '')) {
    throw denied(`system.${tokens[at + 2]?.text ?? ''}`);
  }
  if (token.kind !== 'word') return;
  if (name === 'outfile' && isKeyword(before, 'INTO')) throw outfileRefused();
  if (name === 'infile' && isKeyword(before, 'FROM')) throw denied('FROM INFILE');
  if (name === 'parallel' && isKeyword(after, 'WITH')) throw denied('PARALLEL WITH');
  if (name === 'settings') guardSettings(tokens, at + 1, context);
}

/** `{name:Identifier}` puts a name where the tokens show none. */
function guardParameter(tokens: readonly Token[], at: number, context: GuardContext): void {
  if (tokens[at + 2]?.text !== ':' || nameOf(tokens[at + 3]) !== 'identifier') return;
  const value = context.parameters.get(tokens[at + 1]!.text) ?? '';
  const isPlain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(value);
  if (!isPlain || value.toLowerCase() === 'system' || forbiddenFunctions.has(value.toLowerCase())) {
    throw denied(`${JSON.stringify(value)} as a name`);
  }
}

/**
 * `SETTINGS name = value, name, …`: only settings that lift no limit and name no file; a name alone means 1. A word
 * `settings` elsewhere is a column, and what follows it no setting's name.
 */
function guardSettings(tokens: readonly Token[], start: number, context: GuardContext): void {
  let at = start;
  for (;;) {
    const name = nameOf(tokens[at]);
    if (name === null) return;
    const end = endOfSetting(tokens, at + 1);
    if (end === null) {
      if (tokens[at + 1]?.text === '=' || context.isSetting(name)) throw denied('SETTINGS inside a setting');
      return;
    }
    if (tokens[at + 1]?.text === '=') guardSetting(name, tokens.slice(at + 2, end), context);
    else if (context.isSetting(name) && !isOpenSetting(name)) throw unmodifiable(name);
    if (tokens[end]?.text !== ',') return;
    at = end + 1;
  }
}

/** Null for a value that has SETTINGS inside brackets, which no setting's value has: looking further would take quadratic time. */
function endOfSetting(tokens: readonly Token[], start: number): number | null {
  let depth = 0;
  for (let at = start; at < tokens.length; at += 1) {
    const { text } = tokens[at]!;
    if (depth > 0 && isKeyword(tokens[at], 'SETTINGS')) return null;
    if (depth === 0 && (text === ',' || text === ')' || (at > start && isClause(tokens[at]!)))) return at;
    if (text === '(' || text === '[' || text === '{') depth += 1;
    else if (text === ')' || text === ']' || text === '}') depth -= 1;
  }
  return tokens.length;
}

function isClause(token: Token): boolean {
  return ['FORMAT', 'INTO', 'UNION', 'EXCEPT', 'INTERSECT', 'SETTINGS'].some((word) => isKeyword(token, word));
}

function guardSetting(name: string, value: readonly Token[], context: GuardContext): void {
  if (sqlSettings.has(name)) {
    for (const token of value) if (token.kind === 'string') guardFilterText(token, context);
  }
  if (isOpenSetting(name)) return;
  const number = value.length === 1 && value[0]!.kind === 'number' ? Number(value[0]!.text) : Number.NaN;
  const bound = context.bounds.get(name) ?? Number.POSITIVE_INFINITY;
  if (loweredSettings.has(name) && number > 0 && number <= bound) return;
  throw unmodifiable(name);
}

function unmodifiable(name: string): ClickHouseError {
  return new ClickHouseError(164, 'READONLY', `Cannot modify '${name}' setting in readonly mode.`);
}

/** INTO OUTFILE is for clients: over HTTP nobody may write files on the server. */
export function refuseOutfile(statement: Statement): void {
  const { tokens } = statement;
  if (tokens.some((token, at) => isKeyword(token, 'OUTFILE') && isKeyword(tokens[at - 1], 'INTO'))) throw outfileRefused();
}

function outfileRefused(): ClickHouseError {
  return new ClickHouseError(358, 'INTO_OUTFILE_NOT_ALLOWED', 'INTO OUTFILE is not allowed.');
}

function denied(what: string): ClickHouseError {
  return new ClickHouseError(497, 'ACCESS_DENIED', `Not enough privileges: the read-only account cannot use ${what}.`);
}

import { isKeyword, Lexer, type Token } from './lexer.ts';

/** An INSERT whose rows travel behind the statement. */
export interface InsertWithData {
  /** The statement up to its FORMAT (or the end of VALUES). */
  readonly headEnd: number;
  /** The format's name as written; `Values` for VALUES. */
  readonly format: string;
  /** Where the name or keyword ends; the data begins behind the white space that follows. */
  readonly formatEnd: number;
  /** `input('structure')` in `INSERT … SELECT … FROM input(…)`: the call's offsets and its structure literal as written. */
  readonly input: { readonly start: number; readonly end: number; readonly structure: string } | null;
}

/** What the endpoint knows of a statement before the engine sees it. */
export interface Statement {
  /** First word in upper case, parentheses skipped: SELECT, INSERT, KILL, … or '' when there is none. */
  readonly verb: string;
  /** Present if the rows follow the statement. */
  readonly data: InsertWithData | null;
  /** True when another statement follows a semicolon. */
  readonly several: boolean;
  /** The FORMAT a query ends in, as written, or null. */
  readonly format: string | null;
  /** All tokens; for an INSERT with data, those before the data. */
  readonly tokens: readonly Token[];
}

/** Reads one statement out of the latin1 view of a request; `formats` are the engine's format names in lower case. */
export function readStatement(text: string, formats: ReadonlySet<string>): Statement {
  const lexer = new Lexer(text);
  const tokens: Token[] = [];
  let token = lexer.next();
  while (token.kind === 'sign' && (token.text === '(' || token.text === ';')) {
    tokens.push(token);
    token = lexer.next();
  }
  const verb = token.kind === 'word' ? token.text.toUpperCase() : '';
  if (verb === 'INSERT') return readInsert(lexer, token, tokens, formats);

  let several = false;
  let ended = false;
  let format: string | null = null;
  for (; token.kind !== 'end'; token = lexer.next()) {
    if (ended && !isSemicolon(token)) several = true;
    if (isSemicolon(token)) ended = true;
    else if (!ended && token.kind === 'word' && isKeyword(tokens.at(-1), 'FORMAT')) format = token.text;
    else if (!ended && token.text !== ')' && !isTail(tokens)) format = null;
    tokens.push(token);
  }
  if (format !== null && !formats.has(format.toLowerCase())) format = null;
  return { verb, data: null, several, format, tokens };
}

/** Behind `FORMAT x` only SETTINGS may follow. */
function isTail(tokens: readonly Token[]): boolean {
  for (let at = tokens.length - 1; at >= 0; at -= 1) {
    if (isKeyword(tokens[at], 'SETTINGS')) return true;
    if (isKeyword(tokens[at], 'FORMAT')) return false;
  }
  return false;
}

function isSemicolon(token: Token): boolean {
  return token.kind === 'sign' && token.text === ';';
}

function readInsert(lexer: Lexer, first: Token, tokens: Token[], formats: ReadonlySet<string>): Statement {
  let depth = 0;
  let query = false;
  let input: InsertWithData['input'] = null;
  let several = false;
  let ended = false;
  tokens.push(first);
  for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) {
    const before = tokens.at(-1);
    tokens.push(token);
    if (ended && !isSemicolon(token)) several = true;
    if (token.kind === 'sign') {
      if (token.text === '(') depth += 1;
      else if (token.text === ')') depth -= 1;
      else if (token.text === ';') ended = true;
      continue;
    }
    if (token.kind !== 'word' || ended || isTarget(tokens)) continue;
    if (isKeyword(token, 'SELECT') || (depth === 0 && isKeyword(token, 'WITH'))) query = true;
    if (query && input === null && isKeyword(token, 'INPUT') && before?.text !== '.') input = readInput(lexer, token, tokens);
    if (depth !== 0) continue;
    if (!query && isKeyword(token, 'VALUES')) return withData(tokens, token, 'Values', token.end, null);
    if (!query && isKeyword(token, 'INFILE')) return { verb: 'INSERT', data: null, several, format: null, tokens };
    if (isKeyword(before, 'FORMAT') && (!query || input !== null) && formats.has(token.text.toLowerCase())) {
      return withData(tokens, before!, token.text, token.end, input);
    }
  }
  return { verb: 'INSERT', data: null, several, format: null, tokens };
}

/** Whether the last token is the target's name: `INSERT [INTO] [TABLE] name[.name]`, which may read like a keyword. */
function isTarget(tokens: readonly Token[]): boolean {
  let at = tokens.findIndex((token) => isKeyword(token, 'INSERT')) + 1;
  if (isKeyword(tokens[at], 'INTO')) at += 1;
  if (isKeyword(tokens[at], 'TABLE')) at += 1;
  if (isKeyword(tokens[at], 'FUNCTION')) at += 1;
  return tokens.length - 1 <= at || tokens.at(-2)?.text === '.';
}

/** `input('structure')`, the only form that says which columns the data has. */
function readInput(lexer: Lexer, word: Token, tokens: Token[]): InsertWithData['input'] {
  const open = lexer.next();
  const structure = lexer.next();
  const close = lexer.next();
  tokens.push(open, structure, close);
  if (open.text !== '(' || structure.kind !== 'string' || close.text !== ')') return null;
  return { start: word.start, end: close.end, structure: structure.text };
}

function withData(
  tokens: readonly Token[],
  head: Token,
  format: string,
  formatEnd: number,
  input: InsertWithData['input'],
): Statement {
  return { verb: 'INSERT', several: false, format, tokens, data: { headEnd: head.start, format, formatEnd, input } };
}

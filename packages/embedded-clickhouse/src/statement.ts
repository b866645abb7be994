import { isKeyword, Lexer, type Token } from './lexer.ts';

/** An INSERT whose rows travel behind the statement. */
export interface InsertData {
  /** Where the FORMAT (or VALUES) keyword begins: the statement without its data ends here. */
  readonly headEnd: number;
  /** The format's name as written; `Values` for VALUES. */
  readonly format: string;
  /** Where the name or keyword ends; the data begins behind the white space that follows. */
  readonly formatEnd: number;
  /** `input('structure')` of `INSERT … SELECT … FROM input(…)`: the call's offsets and its structure literal as written. */
  readonly input: { readonly start: number; readonly end: number; readonly structure: string } | null;
}

/** What the endpoint knows of a statement before the engine sees it. Offsets are byte offsets into the request. */
export interface Statement {
  /** First word in upper case, parentheses skipped: SELECT, INSERT, KILL, … or '' when there is none. */
  readonly verb: string;
  /** Present if the rows follow the statement. */
  readonly data: InsertData | null;
  /** True when another statement follows a semicolon. */
  readonly several: boolean;
  /** End of the last token that is neither FORMAT clause nor semicolon. */
  readonly bodyEnd: number;
  /** The FORMAT a query ends in, as written, or null; what may follow it (SETTINGS) lies in `[tailStart, tailEnd)`. */
  readonly format: string | null;
  readonly tailStart: number;
  readonly tailEnd: number;
  /** All tokens; for an INSERT with data, those before the data. */
  readonly tokens: readonly Token[];
}

/** Reads one statement out of the latin1 view of a request; `formats` are the engine's format names in lower case. */
export function readStatement(text: string, formats: ReadonlySet<string>): Statement {
  const lexer = new Lexer(text);
  const tokens: Token[] = [];
  let token = lexer.next();
  while (token.text === '(' || isSemicolon(token)) {
    if (!isSemicolon(token)) tokens.push(token);
    token = lexer.next();
  }
  const verb = token.kind === 'word' ? token.text.toUpperCase() : '';
  if (verb === 'INSERT') return readInsert(lexer, token, formats);
  for (; token.kind !== 'end'; token = lexer.next()) tokens.push(token);
  return { verb, data: null, tokens, ...readEnd(tokens) };
}

function isSemicolon(token: Token): boolean {
  return token.kind === 'sign' && token.text === ';';
}

/** The end of inline VALUES: behind the last row, without comments and semicolons; `several` when a statement follows. */
export function readValuesEnd(text: string, start: number): { end: number; several: boolean } {
  const lexer = new Lexer(text, start);
  let end = start;
  let isOver = false;
  for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) {
    if (isSemicolon(token)) isOver = true;
    else if (isOver) return { end, several: true };
    else end = token.end;
  }
  return { end, several: false };
}

/** What a statement ends in: `… [FORMAT x [SETTINGS …]] [;]`. */
function readEnd(tokens: readonly Token[]): Omit<Statement, 'verb' | 'data' | 'tokens'> {
  const semicolon = tokens.findIndex(isSemicolon);
  const own = semicolon < 0 ? tokens : tokens.slice(0, semicolon);
  const several = semicolon >= 0 && tokens.slice(semicolon).some((token) => !isSemicolon(token));
  const tailEnd = own.at(-1)?.end ?? 0;
  let depth = 0;
  for (let at = own.length - 1; at > 0; at -= 1) {
    const token = own[at]!;
    if (token.text === ')') depth += 1;
    else if (token.text === '(') depth -= 1;
    if (depth !== 0 || !isKeyword(token, 'FORMAT')) continue;
    const name = own[at + 1];
    const after = own[at + 2];
    if (name?.kind !== 'word' || (after !== undefined && !isKeyword(after, 'SETTINGS')) || own[at - 1]!.text === '.') break;
    return { several, bodyEnd: own[at - 1]!.end, format: name.text, tailStart: name.end, tailEnd };
  }
  return { several, bodyEnd: tailEnd, format: null, tailStart: tailEnd, tailEnd };
}

/**
 * An INSERT is read only up to its data, which may be any bytes. Where that begins:
 * `INSERT INTO [TABLE] t [(columns)] [SETTINGS …] VALUES|FORMAT x`, or, with a SELECT in between, behind the FORMAT if
 * the SELECT calls input(); any other INSERT … SELECT has no data.
 */
function readInsert(lexer: Lexer, first: Token, formats: ReadonlySet<string>): Statement {
  const tokens: Token[] = [first];
  let token = readTarget(lexer, tokens);
  const target = tokens.at(-1);
  let depth = 0;
  let select = false;
  let input: InsertData['input'] = null;
  for (; token.kind !== 'end'; token = lexer.next()) {
    const before = tokens.at(-1)!;
    tokens.push(token);
    if (token.text === '(') {
      if (select && input === null && isKeyword(before, 'INPUT')) input = readInput(lexer, before, tokens);
      else depth += 1;
    } else if (token.text === ')') {
      depth -= 1;
    }
    if (token.kind !== 'word') continue;
    if (isKeyword(token, 'SELECT') || (depth === 0 && isKeyword(token, 'WITH'))) select = true;
    if (depth !== 0) continue;
    if (
      before !== target &&
      isKeyword(before, 'FORMAT') &&
      (!select || (input !== null && formats.has(token.text.toLowerCase())))
    ) {
      return withData(tokens, { headEnd: before.start, format: token.text, formatEnd: token.end, input });
    }
    if (!select && isKeyword(token, 'VALUES')) {
      return withData(tokens, { headEnd: token.start, format: 'Values', formatEnd: token.end, input });
    }
  }
  return { verb: 'INSERT', data: null, tokens, ...readEnd(tokens) };
}

function withData(tokens: readonly Token[], data: InsertData): Statement {
  return { verb: 'INSERT', several: false, bodyEnd: data.headEnd, format: null, tailStart: 0, tailEnd: 0, data, tokens };
}

/** Skips `[INTO] [TABLE] [FUNCTION] name[.name]`, whose names may read like keywords; returns the first token behind. */
function readTarget(lexer: Lexer, tokens: Token[]): Token {
  let token = lexer.next();
  for (const word of ['INTO', 'TABLE', 'FUNCTION']) {
    if (!isKeyword(token, word)) continue;
    tokens.push(token);
    token = lexer.next();
  }
  for (;;) {
    tokens.push(token);
    token = lexer.next();
    if (token.text !== '.') return token;
    tokens.push(token);
    token = lexer.next();
  }
}

/** The rest of `input('structure')`, the only form that says which columns the data has. */
function readInput(lexer: Lexer, word: Token, tokens: Token[]): InsertData['input'] {
  const structure = lexer.next();
  const close = lexer.next();
  tokens.push(structure, close);
  if (structure.kind !== 'string' || close.text !== ')') return null;
  return { start: word.start, end: close.end, structure: structure.text };
}

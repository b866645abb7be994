/**
 * What ClickHouse's lexer makes of SQL text, as far as the endpoint must know: where words, quoted names, strings,
 * numbers and signs begin and end, and what is comment. Works on the latin1 view of the bytes, so offsets are byte offsets.
 *
 * `bad` is whatever ClickHouse may read in a way of its own (an unclosed quote, a byte outside ASCII outside quotes):
 * whoever decides about safety refuses it, whoever only looks for a clause passes it on.
 */
export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'sign' | 'bad' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** Byte offsets: `[start, end)`. */
  readonly start: number;
  readonly end: number;
  /** The text as written, quotes included. */
  readonly text: string;
}

const tab = 9;
const newline = 10;
const carriageReturn = 13;
const space = 32;
const backslash = 92;

function isWord(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 || code === 36;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isSpace(code: number): boolean {
  return code === space || (code >= tab && code <= carriageReturn);
}

/** So many `$tag$` without an end are names with dollars; more are an attempt to make the search for their ends slow. */
const maxUnclosedTags = 20;

/** Reads tokens one at a time, so that the data behind an INSERT is never looked at. */
export class Lexer {
  readonly #text: string;
  #at: number;
  #unclosedTags = 0;

  constructor(text: string, at = 0) {
    this.#text = text;
    this.#at = at;
  }

  /** The next token; `end` for ever once the text is over. */
  next(): Token {
    this.#skip();
    const start = this.#at;
    const text = this.#text;
    if (start >= text.length) return { kind: 'end', start, end: start, text: '' };
    const kind = this.#take(text.charCodeAt(start));
    return { kind, start, end: this.#at, text: text.slice(start, this.#at) };
  }

  /** White space and comments: `-- …`, `// …`, `# …`, `#! …`, and block comments, which nest. An unclosed block makes the rest `bad`. */
  #skip(): void {
    const text = this.#text;
    for (;;) {
      const code = text.charCodeAt(this.#at);
      const following = text.charCodeAt(this.#at + 1);
      if (isSpace(code)) {
        this.#at += 1;
      } else if (code === 45 && following === 45) {
        this.#skipLine();
      } else if ((code === 35 && (following === space || following === 33)) || (code === 47 && following === 47)) {
        this.#skipLine();
      } else if (code === 47 && following === 42) {
        const end = this.#blockEnd();
        if (end < 0) return;
        this.#at = end;
      } else {
        return;
      }
    }
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end + 1;
  }

  #blockEnd(): number {
    const text = this.#text;
    let depth = 1;
    let at = this.#at + 2;
    while (at + 1 < text.length) {
      const code = text.charCodeAt(at);
      const following = text.charCodeAt(at + 1);
      if (code === 42 && following === 47) {
        depth -= 1;
        at += 2;
        if (depth === 0) return at;
      } else if (code === 47 && following === 42) {
        depth += 1;
        at += 2;
      } else {
        at += 1;
      }
    }
    return -1;
  }

  #take(code: number): TokenKind {
    if (code === 39) return this.#quoted(code, 'string');
    if (code === 34 || code === 96) return this.#quoted(code, 'quoted');
    if (code === 36) return this.#dollar();
    if (isDigit(code)) return this.#number();
    if (isWord(code)) return this.#word();
    this.#at += 1;
    // Nothing behind it is looked at: searching its end again and again would take quadratic time.
    if (code === 47 && this.#text.charCodeAt(this.#at) === 42) return this.#rest();
    return code >= 127 || code < space || code === 35 || code === backslash ? 'bad' : 'sign';
  }

  #rest(): TokenKind {
    this.#at = this.#text.length;
    return 'bad';
  }

  #word(): TokenKind {
    while (isWord(this.#text.charCodeAt(this.#at))) this.#at += 1;
    return 'word';
  }

  /** Digits; with letters behind them a name or a number in any notation, which makes no difference here. */
  #number(): TokenKind {
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at += 1;
    if (isWord(this.#text.charCodeAt(this.#at))) this.#word();
    return 'number';
  }

  /** Both escapes: backslash, and the quote doubled. */
  #quoted(quote: number, kind: TokenKind): TokenKind {
    const text = this.#text;
    let at = this.#at + 1;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === backslash) {
        at += 1;
      } else if (code === quote) {
        if (text.charCodeAt(at + 1) !== quote) {
          this.#at = at + 1;
          return kind;
        }
        at += 1;
      }
    }
    this.#at = text.length;
    return 'bad';
  }

  /** A here-document `$tag$ … $tag$` is a string; any other dollar belongs to a name. */
  #dollar(): TokenKind {
    const text = this.#text;
    let at = this.#at + 1;
    while (isWord(text.charCodeAt(at)) && text.charCodeAt(at) !== 36) at += 1;
    if (text.charCodeAt(at) === 36) {
      const tag = text.slice(this.#at, at + 1);
      const close = text.indexOf(tag, at + 1);
      if (close >= 0) {
        this.#at = close + tag.length;
        return 'string';
      }
      this.#unclosedTags += 1;
      if (this.#unclosedTags > maxUnclosedTags) return this.#rest();
    }
    return this.#word();
  }
}

/** All tokens of a text, without `end`. */
export function tokenize(text: string): Token[] {
  const lexer = new Lexer(text);
  const tokens: Token[] = [];
  for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) tokens.push(token);
  return tokens;
}

/** Whether the token is this keyword (given in upper case). */
export function isKeyword(token: Token | undefined, keyword: string): boolean {
  return (
    token !== undefined && token.kind === 'word' && token.text.length === keyword.length && token.text.toUpperCase() === keyword
  );
}

/** The offset behind the white space up to and including one newline: where an INSERT's data begins after its FORMAT. */
export function dataStart(bytes: Uint8Array, at: number): number {
  let start = at;
  while (bytes[start] === space || bytes[start] === tab || bytes[start] === 12) start += 1;
  if (bytes[start] === carriageReturn && bytes[start + 1] === newline) return start + 2;
  return bytes[start] === newline ? start + 1 : start;
}

import { assert, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { tokenize } from '../src/lexer.ts';

const read = (sql: string): string[] => tokenize(sql).map(({ kind, text }) => `${kind}:${text}`);

test.each([
  ["SELECT 'a''b', 'c\\'d'", ['word:SELECT', "string:'a''b'", 'sign:,', "string:'c\\'d'"]],
  ['`a``b` "c""d" `e\\`f`', ['quoted:`a``b`', 'quoted:"c""d"', 'quoted:`e\\`f`']],
  ['1 -- x\n2 // y\n3 # z\n4 #!w\n5', ['number:1', 'number:2', 'number:3', 'number:4', 'number:5']],
  ['1 /* a /* b */ c */ 2', ['number:1', 'number:2']],
  ['1 /* a /* b */ 2', ['number:1', 'bad:/* a /* b */ 2']],
  ['#x', ['bad:#', 'word:x']],
  ["$$it's$$ $t$ $$ $t$", ["string:$$it's$$", 'string:$t$ $$ $t$']],
  ['a$b $1 $x', ['word:a$b', 'word:$1', 'word:$x']],
  ['1$a$ 0xff 1e5 1_000 1a', ['number:1$a$', 'number:0xff', 'number:1e5', 'number:1_000', 'number:1a']],
  ["'open", ["bad:'open"]],
  ['`open', ['bad:`open']],
  ['a\\b', ['word:a', 'bad:\\', 'word:b']],
])('reads %j', (sql, tokens) => {
  expect(read(sql)).toEqual(tokens);
});

test('covers any text with tokens in order, none empty, in linear time', () => {
  assert(
    property(string({ unit: 'binary', maxLength: 200 }), (text) => {
      const latin1 = Buffer.from(text).toString('latin1');
      let end = 0;
      for (const token of tokenize(latin1)) {
        expect(token.start).toBeGreaterThanOrEqual(end);
        expect(token.end).toBeGreaterThan(token.start);
        expect(token.text).toBe(latin1.slice(token.start, token.end));
        ({ end } = token);
      }
    }),
  );
});

test('is not slowed by text made for it', () => {
  const begun = performance.now();
  for (const piece of ['/*', '$a$', "'\\'", '`', '(', '--\n'])
    expect(tokenize(piece.repeat(20_000)).length).toBeGreaterThanOrEqual(0);
  expect(performance.now() - begun).toBeLessThan(20_000);
});

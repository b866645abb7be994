/** Lines as they should not be: each says what was done to a good one, and so what it must give. */
import * as fc from 'fast-check';
import type { RejectReason } from '../../src/index.ts';
import { assemble, type GeneratedLine, kernelLine } from './lines.ts';
import type { Word } from './words.ts';

/** A spoilt line and the only reason that fits. */
export interface SpoiltLine {
  readonly text: string;
  readonly reason: RejectReason;
}

const key = (word: Word): string => /^[A-Z]+(?==)/.exec(word.text)?.[0] ?? '';
const indexesOf = (line: GeneratedLine, wanted: (word: Word) => boolean): number[] =>
  line.words.flatMap((word, index) => (wanted(word) ? [index] : []));

/** Spoils one of the words that `wanted` accepts; lines without such a word are left out. */
function spoil(
  wanted: (word: Word) => boolean,
  how: (word: Word) => fc.Arbitrary<readonly Word[]>,
  reason: RejectReason,
): fc.Arbitrary<SpoiltLine> {
  return kernelLine
    .filter((line) => indexesOf(line, wanted).length > 0)
    .chain((line) =>
      fc.constantFrom(...indexesOf(line, wanted)).chain((index) =>
        how(line.words[index] ?? { text: '' }).map((words) => {
          // a prefix that itself ends in interfaces would offer a second beginning
          const spoilt = assemble('', [...line.words.slice(0, index), ...words, ...line.words.slice(index + 1)]);
          return { text: spoilt.text, reason };
        }),
      ),
    );
}

/** Fields with the first number that is too large for them. */
const tooLarge: Readonly<Record<string, number>> = {
  SPT: 65536,
  DPT: 65536,
  WINDOW: 65536,
  TTL: 256,
  HOPLIMIT: 256,
  TYPE: 256,
  CODE: 256,
  ID: 65536,
  TC: 256,
  FLOWLBL: 1048576,
  URGP: 65536,
  ACK: 4294967296,
  UID: 4294967296,
  GID: 4294967296,
};
const ranged = (word: Word): boolean => key(word) in tooLarge;

/** A number that its field cannot hold. */
export const outOfRange = spoil(
  ranged,
  (word) =>
    fc
      .oneof(fc.constant(tooLarge[key(word)] ?? 0), fc.constantFrom(4294967296, 99999999999, 18446744073709551616n, 10n ** 30n))
      .map((value) => [{ text: `${key(word)}=${value}` }]),
  'out-of-range',
);

/** A value of the wrong form. */
export const malformed = spoil(
  (word) => ranged(word) || key(word) === 'LEN',
  (word) => fc.constantFrom('x', '-1', '0x10', '1.5', '1e3', '١', '+7', '1,').map((value) => [{ text: `${key(word)}=${value}` }]),
  'malformed-field',
);

/** Addresses that are none. */
export const badAddress = spoil(
  (word) => key(word) === 'SRC' || key(word) === 'DST',
  (word) =>
    fc
      .constantFrom(
        '256.1.1.1',
        '1.2.3',
        '1.2.3.4.5',
        '1.2.3.',
        '::1::',
        '12345::',
        'x',
        '1.2.3.4/8',
        'fe80::1%eth0',
        '1:2:3:4:5:6:7:8:9',
        '',
      )
      .map((value) => [{ text: `${key(word)}=${value}` }]),
  'bad-address',
);

/** A field twice, with another value. */
export const duplicated = spoil(
  (word) =>
    /^(?:SRC|DST|TTL|HOPLIMIT|PROTO|SPT|DPT|WINDOW|TYPE|CODE|TOS|PREC|TC|URGP|RES|UID|MARK)=|^(?:DF|SYN|FIN|RST|PSH)$/.test(
      word.text,
    ),
  (word) => fc.constant([word, { text: word.text }]),
  'duplicate-field',
);

/** Words that no writer of packet records prints. */
export const foreign = spoil(
  (word) => key(word) === 'TTL' || key(word) === 'HOPLIMIT',
  (word) => fc.constantFrom('hello', '<b>', "';--", '🦆', '{', 'xyz=1', '\\x41').map((text) => [word, { text }]),
  'unexpected-text',
);

/** Everything after the interfaces and addresses in another order; what depends on order stays in it. */
export const shuffled: fc.Arbitrary<GeneratedLine> = kernelLine
  .filter(
    (line) =>
      line.words.some((word) => key(word) === 'PROTO') &&
      !line.words.some((word) => /FRAG|OPT|\[|INCOMPLETE|^ID:/.test(word.text)),
  )
  .chain((line) => {
    const fixed = (word: Word): boolean => ['IN', 'OUT', 'PHYSIN', 'PHYSOUT', 'LEN', 'ID'].includes(key(word));
    const movable = line.words.filter((word) => !fixed(word));
    return fc
      .shuffledSubarray([...movable], { minLength: movable.length, maxLength: movable.length })
      .map((order) => assemble(line.prefix, [...line.words.filter(fixed), ...order]));
  });

/** A prefix (127 bytes at most) that holds as much of a record as fits, as an attacker might write it; what counts is the record after it. */
export const forged: fc.Arbitrary<GeneratedLine> = fc
  .tuple(kernelLine, kernelLine, fc.nat(120), fc.constantFrom('', ' ', '[', '] ', 'x'))
  // PHYS before IN= makes PHYSIN= of it, which nobody can tell from a real one
  .filter(([forgery, , length]) => !/[^ -~]/.test(forgery.text) && !forgery.text.slice(0, length).endsWith('PHYS'))
  .map(([forgery, line, length, join]) => assemble(`y ${forgery.text.slice(0, length)}${join}`, line.words));

/** A line that ends too early, and the whole it was. */
export const cut: fc.Arbitrary<readonly [text: string, whole: GeneratedLine]> = kernelLine.chain((line) =>
  fc.integer({ min: 0, max: line.text.length - 1 }).map((length) => [line.text.slice(0, length), line] as const),
);

/** Bytes changed, inserted and removed anywhere. */
export const garbled: fc.Arbitrary<string> = fc
  .tuple(
    kernelLine,
    fc.array(
      fc.tuple(
        fc.nat(400),
        fc.nat(2),
        fc.oneof(
          fc.constantFrom(' ', '=', '[', ']', '(', ')', ':', '0', '9', 'IN='),
          fc.string({ maxLength: 3, unit: 'binary' }),
        ),
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    ),
  )
  .map(([line, changes]) =>
    changes.reduce((text, [at, removed, inserted]) => text.slice(0, at) + inserted + text.slice(at + removed), line.text),
  );

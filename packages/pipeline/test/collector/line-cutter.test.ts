import { array, assert, constant, integer, nat, oneof, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineCutter, type LineSink } from '../../src/collector/line-cutter.ts';

/** Takes at most `room` lines between two `empty`. */
class Lines implements LineSink {
  readonly taken: [string, number][] = [];
  readonly #room: number;
  #free: number;
  constructor(room = Infinity) {
    this.#room = room;
    this.#free = room;
  }
  write(bytes: Uint8Array, from: number, to: number, base: number, now: number): number {
    for (let start = from; start < to;) {
      const end = bytes.indexOf(10, start);
      if (!this.writeLine(bytes, start, end, base + end + 1 - from, now)) return start;
      start = end + 1;
    }
    return to;
  }
  writeLine(bytes: Uint8Array, from: number, to: number, position: number, _now: number): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    this.taken.push([Buffer.from(bytes.subarray(from, Math.min(to, from + 8192))).toString('latin1'), position]);
    return true;
  }
  empty(): void {
    this.#free = this.#room;
  }
}

function cut(text: Buffer, pieces: readonly number[], options: { room?: number; cuts?: number[]; finish?: boolean } = {}): Lines {
  const lines = new Lines(options.room);
  const cutter = new LineCutter();
  cutter.cuts = options.cuts ?? [];
  const borders = [...new Set(pieces.map((piece) => piece % (text.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...borders, text.length]) {
    const piece = Buffer.from(text.subarray(from, to));
    let done = 0;
    while (done < piece.length) {
      done = cutter.push(piece, done, piece.length, lines, 0);
      if (done < piece.length) lines.empty();
    }
    from = to;
  }
  if (options.finish === true) while (!cutter.finish(lines, 0)) lines.empty();
  return lines;
}

describe('LineCutter', () => {
  it.each<[string, string, [string, number][]]>([
    [
      'whole lines',
      'a\nbc\n',
      [
        ['a', 2],
        ['bc', 5],
      ],
    ],
    ['an unfinished line is not given away', 'a\nbc', [['a', 2]]],
    [
      'empty lines count',
      '\n\n',
      [
        ['', 1],
        ['', 2],
      ],
    ],
    [
      'NULs at the start of a line are no part of it',
      '\0\0\0a\n\0b\n',
      [
        ['a', 5],
        ['b', 8],
      ],
    ],
    [
      'a hole ends a line',
      `ab${'\0'.repeat(20)}c\n`,
      [
        ['ab', 10],
        ['c', 24],
      ],
    ],
    ['a NUL or two do not', 'a\0\0b\n', [['a\0\0b', 5]]],
    ['only a hole', '\0'.repeat(10_000), []],
  ])('%s', (_what, text, expected) => {
    expect(cut(Buffer.from(text, 'latin1'), []).taken).toEqual(expected);
  });

  it('takes an unfinished line as whole when told, and ends one at a cut', () => {
    expect(cut(Buffer.from('a\nbc'), [], { finish: true }).taken).toEqual([
      ['a', 2],
      ['bc', 4],
    ]);
    expect(cut(Buffer.from('a\nbcd\n'), [], { cuts: [4] }).taken).toEqual([
      ['a', 2],
      ['bc', 4],
      ['d', 6],
    ]);
    expect(cut(Buffer.from('a\nbc\nd\n'), [], { cuts: [5] }).taken).toEqual([
      ['a', 2],
      ['bc', 5],
      ['d', 7],
    ]);
  });

  it('keeps the beginning of a line of any length', () => {
    const text = Buffer.from(`${'x'.repeat(3_000_000)}\ny\n`);
    const { taken } = cut(text, [1, 5000, 100_000, 2_999_999]);
    expect(taken).toEqual([
      ['x'.repeat(8192), 3_000_001],
      ['y', 3_000_003],
    ]);
  });

  it('gives the same lines and positions however the text is cut into pieces and however little fits', () => {
    const text = array(
      oneof(constant('\n'), constant('\0'), constant('\0'.repeat(9)), constant('ab'), constant('z'.repeat(9000))),
      {
        maxLength: 30,
      },
    ).map((parts) => Buffer.from(parts.join(''), 'latin1'));
    assert(
      property(
        text,
        array(nat(100_000), { maxLength: 8 }),
        integer({ min: 1, max: 4 }),
        array(nat(200), { maxLength: 2 }),
        (bytes, pieces, room, cuts) => {
          const whole = cut(bytes, [], { cuts, finish: true }).taken;
          expect(cut(bytes, pieces, { room, cuts, finish: true }).taken).toEqual(whole);
        },
      ),
      { numRuns: 500 },
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RowBlock } from '../../src/index.ts';
import { decodeDropsMessage, messageLimits, messagesOf, rowVersion } from '../../src/kafka/drops-message.ts';
import type { DropsMessage, Headers } from '../../src/kafka/drops-message.ts';

/** Rows as (step from the row before, bytes of the rest), so that some positions repeat. */
const rowShape = fc.tuple(fc.nat({ max: 2 }), fc.oneof({ weight: 9, arbitrary: fc.nat({ max: 40 }) }, fc.nat({ max: 60_000 })));
const blocks: fc.Arbitrary<RowBlock> = fc
  .record({
    stream: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    epoch: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    first: fc.nat(),
    rows: fc.array(rowShape, { maxLength: 60 }),
    times: fc.integer({ min: 1, max: 60 }),
    behind: fc.nat({ max: 500 }),
  })
  .map(({ stream, epoch, first, rows: shapes, times, behind }) => {
    let position = first;
    const lines: string[] = [];
    for (let n = 0; n < times; n++) {
      for (const [step, length] of shapes) {
        position += step;
        lines.push(`${position}\t${'x'.repeat(n === 0 ? length : length % 50)}\n`);
      }
    }
    return { stream, epoch, first, last: position + behind, rows: lines.length, text: Buffer.from(lines.join('')) };
  });

function rowsIn(message: DropsMessage): number[] {
  const rows = message.value.toString('latin1').split('\n').slice(0, -1);
  return rows.map((row) => Number(row.split('\t', 1)[0]));
}

/** Headers as the client hands over what was sent. */
function received(headers: Record<string, string>): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
}

describe('messages of a block', () => {
  test('tile it and hold all of it', () => {
    fc.assert(
      fc.property(blocks, (block) => {
        const messages = [...messagesOf(block)];
        const decoded = messages.map(
          ({ value, headers }) => decodeDropsMessage({ value, headers: received(headers) }) as RowBlock,
        );
        let next = block.first;
        for (const one of decoded) {
          expect(one).toMatchObject({ stream: block.stream, epoch: block.epoch, first: next });
          next = one.last + 1;
        }
        expect(next).toBe(block.last + 1);
        expect(decoded.reduce((sum, { rows }) => sum + rows, 0)).toBe(block.rows);
        expect(Buffer.concat(decoded.map(({ text }) => text)).equals(block.text)).toBe(true);
        expect(messages.every(({ key }) => key === block.stream)).toBe(true);
      }),
    );
  });

  test('have at most 1,000 rows and 256 KiB, but for one row that is larger and for one line repeated', () => {
    fc.assert(
      fc.property(blocks, (block) => {
        for (const message of messagesOf(block)) {
          const positions = rowsIn(message);
          const repeated = positions.filter((position) => position === positions.at(-1)).length;
          const rows = repeated === 1 ? positions.length : 1;
          expect(rows).toBeLessThanOrEqual(messageLimits.rows);
          expect(rows === 1 ? 0 : message.value.length).toBeLessThanOrEqual(messageLimits.bytes);
        }
      }),
    );
  });

  test('never part the rows of one position', () => {
    fc.assert(
      fc.property(blocks, (block) => {
        const all = [...messagesOf(block)].map((message) => [...new Set(rowsIn(message))]).flat();
        expect(new Set(all).size).toBe(all.length);
      }),
    );
    const text = Buffer.from(`${'7\tx\n'.repeat(999)}${'8\ty\n'.repeat(2500)}9\tz\n`);
    const sizes = [...messagesOf({ stream: '1', epoch: '1', first: 1, last: 20, rows: 3500, text })].map(
      ({ headers }) => headers,
    );
    expect(sizes.map(({ first, last, n }) => [first, last, n])).toEqual([
      ['1', '8', '3499'],
      ['9', '20', '1'],
    ]);
  });

  test('are one message when there is no row', () => {
    const block = { stream: '1', epoch: '2', first: 3, last: 9, rows: 0, text: new Uint8Array() };
    const [message, ...others] = messagesOf(block);
    expect(others).toEqual([]);
    expect(decodeDropsMessage(message as DropsMessage)).toEqual({ ...block, text: Buffer.alloc(0) });
  });
});

describe('a message of the drops topic', () => {
  const headers = { v: '1', stream: '5', epoch: '6', first: '10', last: '20', n: '2' };
  const value = Buffer.from('11\ta\n20\tb\n');
  const decode = (changes: Record<string, string | undefined>, bytes: Buffer | null = value): unknown => {
    const kept = Object.entries({ ...headers, ...changes }).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return decodeDropsMessage({ value: bytes, headers: received(Object.fromEntries(kept)) });
  };

  test('is what its headers say', () => {
    expect(decode({})).toEqual({ stream: '5', epoch: '6', first: 10, last: 20, rows: 2, text: value });
    expect(decode({ foreign: 'x' })).toMatchObject({ rows: 2 });
  });

  test.each<[string, Record<string, string | undefined>]>([
    ['fewer rows than there are', { n: '1' }],
    ['more rows than there are', { n: '3' }],
    ['no rows', { n: '0' }],
    ['a negative number of rows', { n: '-1' }],
    ['rows that are no number', { n: 'two' }],
    ['rows that are no whole number', { n: '2.0' }],
    ['rows beyond what a batch may hold', { n: '200001' }],
    ['rows as no decimal', { n: '0x2' }],
    ['no number of rows', { n: undefined }],
    ['a first behind the first row', { first: '12' }],
    ['a negative first', { first: '-1' }],
    ['a first that is no number', { first: '' }],
    ['a first in words of another language', { first: '１０' }],
    ['a last before the last row', { last: '19' }],
    ['a last before its first', { last: '9' }],
    ['a last beyond what a number holds', { last: '9007199254740992' }],
    ['a last of a thousand digits', { last: '9'.repeat(1000) }],
    ['no last', { last: undefined }],
    ['a stream beyond UInt64', { stream: '18446744073709551616' }],
    ['a stream that is no number', { stream: "5'; DROP TABLE drops; --" }],
    ['a negative stream', { stream: '-5' }],
    ['an empty stream', { stream: '' }],
    ['an epoch beyond UInt64', { epoch: '18446744073709551616' }],
    ['an epoch that is no number', { epoch: 'kern.log' }],
  ])('that lies, by %s, contradicts itself', (_, lie) => {
    expect(decode(lie)).toBe('header');
  });

  test.each<[string, string]>([
    ['a torn last row', '11\ta\n20\tb'],
    ['a first row without a position', 'x\ta\n20\tb\n'],
    ['a last row without a position', '11\ta\n\tb\n'],
    ['a last row without a tab', '11\ta\n20\n'],
    ['no rows', ''],
  ])('with %s contradicts itself', (_, text) => {
    expect(decode({}, Buffer.from(text))).toBe('header');
  });

  test.each(['2', '10', '999999999'])('of version %s is newer than this loader', (v) => {
    expect(decode({ v })).toBe('version');
    expect(decode({ v, stream: undefined, n: 'lies' })).toBe('version');
  });

  test.each<[string, Record<string, string | undefined>, Buffer | null]>([
    ['no version', { v: undefined }, value],
    ['an empty version', { v: '' }, value],
    ['a version that never was', { v: '0' }, value],
    ['a version that is no number', { v: 'one' }, value],
    ['a negative version', { v: '-1' }, value],
    ['no stream', { stream: undefined }, value],
    ['no epoch', { epoch: undefined }, value],
    ['no value', {}, null],
  ])('with %s is not ours', (_, changes, bytes) => {
    expect(decode(changes, bytes)).toBe('foreign');
  });

  test('with a header twice is not ours', () => {
    const twice = { ...received(headers), v: [Buffer.from('1'), Buffer.from('1')] };
    expect(decodeDropsMessage({ value, headers: twice })).toBe('foreign');
    const lasts = { ...received(headers), last: [Buffer.from('20'), Buffer.from('30')] };
    expect(decodeDropsMessage({ value, headers: lasts })).toBe('header');
  });

  test('never makes the decoder throw, whatever it holds', () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
    const number = fc.oneof(fc.nat({ max: 30 }).map(String), fc.string(), fc.bigInt().map(String));
    const header = fc.oneof(
      number.map((text) => Buffer.from(text)),
      number,
      bytes,
      fc.array(bytes),
      fc.constant(undefined),
    );
    const names = fc.oneof(fc.constantFrom('v', 'stream', 'epoch', 'first', 'last', 'n'), fc.string());
    const rows = fc
      .array(fc.tuple(fc.nat({ max: 30 }), fc.string()))
      .map((lines) => Buffer.from(lines.map(([position, text]) => `${position}\t${text}\n`).join('')));
    const some = fc.dictionary(names, header) as fc.Arbitrary<Headers>;
    const ours = fc.record({ v: fc.constant('1'), stream: number, epoch: number, first: number, last: number, n: number });
    fc.assert(
      fc.property(fc.oneof(bytes, rows, fc.constant(null)), fc.oneof(some, ours, fc.constant(undefined)), (given, said) => {
        const found = decodeDropsMessage({ value: given, ...(said === undefined ? {} : { headers: said }) });
        const whole = (block: RowBlock): boolean =>
          block.text === given && block.first <= block.last && given.toString('latin1').split('\n').length - 1 === block.rows;
        expect(typeof found === 'string' ? ['foreign', 'version', 'header'].includes(found) : whole(found)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('says the version of its rows', () => {
    expect(rowVersion).toBe(1);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ParseResult, parseLine } from '../src/index.ts';
import { KnownTexts } from '../src/known-text.ts';
import { framings } from './oracle/framing.ts';
import { kernelLine } from './oracle/lines.ts';

const referenceTime = Date.UTC(2026, 10, 21, 9);
const numRuns = Number(process.env['DROPLENS_FUZZ_RUNS'] ?? 1000);

/** Zones that mean the same: another one makes a new reader, which knows nothing of lines before. */
const zones = ['UTC', '+00:00'] as const;
let turn = 0;
const remembering = (text: string): ParseResult => parseLine(text, { referenceTime, host: 'gw' });
const forgetful = (text: string): ParseResult => parseLine(text, { referenceTime, host: 'gw', timeZone: zones[turn++ % 2] });

/** Two texts spliced: the beginning of one and the end of the other. */
const splice = (first: string, second: string, at: number, skip: number): string =>
  first.slice(0, at % (first.length + 1)) + second.slice(skip % (second.length + 1));

describe('a line', () => {
  const whole = fc.tuple(framings(referenceTime), kernelLine).map(([{ head, tail }, { text }]) => head + text + tail);
  const changes = fc.array(fc.tuple(fc.nat(400), fc.nat(400), fc.boolean()), { minLength: 1, maxLength: 6 });

  it('means what it would mean if nothing had come before it, when all of its beginning has', () => {
    fc.assert(
      fc.property(whole, whole, changes, (first, second, splices) => {
        const lines = splices.map(([at, skip, same]) => splice(first, same ? first : second, at, same ? at : skip));
        const expected = [first, ...lines].map(forgetful);
        // Thrice: what came twice is known.
        for (const _ of [1, 2, 3]) remembering(first);
        expect([first, ...lines].map(remembering)).toEqual(expected);
      }),
      { numRuns },
    );
  });

  it.each([
    ['a stamp of the same second with a year', 'Nov 21 08:05:09 2026 h kernel: '],
    ['a stamp that is longer', 'Nov 21 08:05:09.5 h kernel: '],
    ['a host that only begins alike', 'Nov 21 08:05:09 host kernel: '],
    ['another tag', 'Nov 21 08:05:09 h kernel[1]: '],
    ["a program's tag", 'Nov 21 08:05:09 h sshd[1]: '],
    ['a forged record between', 'Nov 21 08:05:09 h kernel: drop: IN=eth0 OUT= x'],
  ])('is no other one: %s', (_, head) => {
    const body =
      'drop: IN=eth0 OUT= MAC= SRC=203.0.113.5 DST=198.51.100.1 LEN=40 TOS=0x00 PREC=0x00 TTL=52 ID=1 PROTO=UDP SPT=1 DPT=2 LEN=20 ';
    const expected = forgetful(head + body);
    for (const _ of [1, 2, 3]) expect(remembering(`Nov 21 08:05:09 h kernel: ${body}`)).toMatchObject({ ok: true });
    expect(remembering(head + body)).toEqual(expected);
  });

  it('has the year of the reference time it is read with', () => {
    const line = 'Nov 21 08:05:09 h kernel: IN=eth0 OUT= SRC=203.0.113.5 DST=198.51.100.1 PROTO=2 ';
    const yearAt = (reference: number): unknown => {
      const result = parseLine(line, { referenceTime: reference });
      return result.ok ? new Date(result.record.time).getUTCFullYear() : result.reason;
    };
    expect([2026, 2024, 2025, 2025, 2026].map((year) => yearAt(Date.UTC(year, 11, 1)))).toEqual([2026, 2024, 2025, 2025, 2026]);
  });
});

describe('known texts', () => {
  const char = fc.constantFrom('a', 'b', ' ', '=', '\u0000', '\u0080', '\u00ff', '\u007f');
  const text = fc
    .array(char, { minLength: 1, maxLength: 30 })
    .map((chars) => Uint8Array.from(chars, (each) => each.charCodeAt(0)));

  it('are found where all their bytes are, and nowhere else', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text, fc.boolean()), { maxLength: 40 }), (rounds) => {
        const texts = new KnownTexts<string>();
        const learned = new Set<string>();
        const wrong = rounds.filter(([first, rest, isKnown]) => {
          const bytes = Uint8Array.from([...first, ...rest, ...new Uint8Array(16)]);
          const view = new DataView(bytes.buffer);
          const name = `${first.join()},`;
          if (isKnown) {
            for (const _ of [1, 2]) texts.learn(bytes, view, 0, first.length, name);
            learned.add(name);
          }
          const found = texts.find(view, 0, first.length + rest.length);
          if (found === null) return isKnown && first.length >= 8 && first.every((byte) => byte >= 0x20 && byte < 0x7f);
          return !learned.has(found.meaning) || !`${[...first, ...rest].join()},`.startsWith(found.meaning);
        });
        expect(wrong).toEqual([]);
      }),
      { numRuns },
    );
  });

  it('are bounded: the newest take the place of others', () => {
    const texts = new KnownTexts<number>();
    const numbers = new Set<number>();
    for (let i = 0; i < 5000; i++) {
      const bytes = new TextEncoder().encode(`host-${i} kernel: ${' '.repeat(8)}`);
      const view = new DataView(bytes.buffer);
      for (const _ of [1, 2]) texts.learn(bytes, view, 0, bytes.length - 8, i);
      const found = texts.find(view, 0, bytes.length);
      expect(found?.meaning).toBe(i);
      numbers.add(found?.number ?? -1);
    }
    expect(numbers.size).toBeLessThanOrEqual(256);
  });
});

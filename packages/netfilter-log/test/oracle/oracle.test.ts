import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NetfilterRecord, parseLine, rejectReasons, undercountCauses } from '../../src/index.ts';
import { framings } from './framing.ts';
import { imitatedLine, kernelLine } from './lines.ts';
import { badAddress, cut, duplicated, foreign, forged, garbled, malformed, outOfRange, shuffled } from './mutations.ts';
import { type BodyRecord, canonical, oracle } from './oracle.ts';

const referenceTime = Date.UTC(2026, 10, 21, 12);
/** More with DROPLENS_FUZZ_RUNS=50000; every run takes other lines. */
const numRuns = Number(process.env['DROPLENS_FUZZ_RUNS'] ?? 1000);
const parse = (text: string): ReturnType<typeof parseLine> => parseLine(text, { referenceTime, host: 'gw' });

/** What the parser says, without what the oracle does not know. */
function bodyOf(record: NetfilterRecord): BodyRecord {
  const { time: _time, host: _host, action: _action, ...body } = record;
  return body;
}

describe('the oracle', () => {
  it.each([
    ['whole', kernelLine],
    ['in imitation', imitatedLine],
    ['shuffled', shuffled],
    ['behind a forged record', forged],
  ])('reads what the generator wrote: %s', (_, lines) => {
    fc.assert(
      fc.property(lines, ({ text, record }) => {
        expect(oracle(text)).toEqual({ ok: true, record });
      }),
      { numRuns },
    );
  });

  it.each([
    ['a number out of range', outOfRange],
    ['a malformed value', malformed],
    ['no address', badAddress],
    ['a field twice', duplicated],
    ['foreign text', foreign],
  ])('finds the defect: %s', (_, lines) => {
    fc.assert(
      fc.property(lines, ({ text, reason }) => {
        const result = oracle(text);
        expect(result.ok ? [] : [...result.reasons]).toContain(reason);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the parser and the oracle', () => {
  it('agree on every line that a kernel can print', () => {
    fc.assert(
      fc.property(kernelLine, ({ text, record }) => {
        const result = parse(text);
        expect(result.ok ? result.record : result.reason).toEqual({
          ...record,
          time: referenceTime,
          host: 'gw',
          action: 'unknown',
        });
        expect(oracle(text)).toEqual({ ok: true, record: result.ok && bodyOf(result.record) });
      }),
      { numRuns },
    );
  });

  it.each([
    ['an imitation', imitatedLine],
    ['fields in any order', shuffled],
    ['a forged record in the prefix', forged],
  ])('agree on %s', (_, lines) => {
    fc.assert(
      fc.property(lines, ({ text, record }) => {
        const result = parse(text);
        expect(result.ok ? bodyOf(result.record) : result.reason).toEqual(record);
      }),
      { numRuns },
    );
  });

  it('agree on a line behind every head', () => {
    const bootTime = referenceTime - 30_000_000_000;
    fc.assert(
      fc.property(framings(referenceTime), kernelLine, (framing, { text, record }) => {
        const result = parseLine(framing.head + text + framing.tail, { referenceTime, bootTime, host: 'unsaid' });
        const time = (framing.time ?? referenceTime) + (framing.sinceBoot ? bootTime : 0);
        const whole = { ...record, time, host: framing.host ?? 'unsaid', action: 'unknown' };
        expect(result.ok ? result : result.reason).toMatchObject({ record: whole, repeated: framing.repeated });
      }),
      { numRuns: 2 * numRuns },
    );
  });

  it('agree on a line whose trailing space was stripped', () => {
    fc.assert(
      fc.property(kernelLine, ({ text, record }) => {
        const result = parse(text.trimEnd());
        expect(result.ok ? bodyOf(result.record) : result.reason).toEqual(record);
      }),
      { numRuns },
    );
  });

  it.each([
    ['a number out of range', outOfRange],
    ['a malformed value', malformed],
    ['no address', badAddress],
    ['a field twice', duplicated],
    ['foreign text', foreign],
  ])('agree on the reason: %s', (_, lines) => {
    fc.assert(
      fc.property(lines, ({ text, reason }) => {
        expect(parse(text)).toMatchObject({ ok: false, reason });
      }),
      { numRuns },
    );
  });
});

/** What a cut line's record says that the whole line's does not; without any, the cut told no lie. */
function liesOfCut(text: string, whole: BodyRecord): string[] {
  const result = parse(text);
  // without what would follow, these are what the kernel prints for AH and for ESP
  if (!result.ok || /(?:FRAG:\d+|FLOWLBL=\d+|\)) ?$/.test(text)) return [];
  const lies: string[] = [];
  // where a record may end, its last value may be a part of the whole one: a stripped trailing space looks the same
  for (const [name, value] of Object.entries(bodyOf(result.record))) {
    const right = whole[name as keyof BodyRecord];
    if (name === 'proto' && /PROTO=\S+$/.test(text)) continue;
    const mayBePart = name === 'extra' || (name === 'icmp_code' && text.endsWith(String(value)));
    const fits = mayBePart ? String(right).startsWith(String(value)) : value === right || value === 0 || value === '';
    if (!fits) lies.push(`${name}: ${value}, not ${right}`);
  }
  return lies;
}

/** What a record says that is nowhere on its line. */
function inventions(text: string): string[] {
  const result = parse(text);
  if (!result.ok) return [];
  const valuesOf = (keys: string): string[] =>
    [...text.matchAll(new RegExp(`(?:${keys})=([^\\s\\]]*)`, 'g'))].map((match) => match[1] ?? '');
  const { src, dst, src_port, dst_port, length, ttl, window, icmp_type, icmp_code } = result.record;
  const numbers: readonly (readonly [keys: string, value: number])[] = [
    ['SPT', src_port],
    ['DPT', dst_port],
    ['LEN', length],
    ['TTL|HOPLIMIT', ttl],
    ['WINDOW', window],
    ['TYPE', icmp_type],
    ['CODE', icmp_code],
  ];
  return [
    ...(valuesOf('SRC').map(canonical).includes(src) ? [] : [`SRC=${src}`]),
    ...(valuesOf('DST').map(canonical).includes(dst) ? [] : [`DST=${dst}`]),
    ...numbers
      .filter(([keys, value]) => value !== 0 && !valuesOf(keys).map(Number).includes(value))
      .map(([keys, value]) => `${keys}=${value}`),
  ];
}

describe('the parser', () => {
  it('never gives a wrong value for a line that is cut', () => {
    fc.assert(
      fc.property(cut, ([text, whole]) => {
        expect(liesOfCut(text, whole.record)).toEqual([]);
      }),
      { numRuns: 3 * numRuns },
    );
  });

  it('says nothing that is not on the line, whatever was changed, inserted or removed', () => {
    fc.assert(
      fc.property(garbled, (text) => {
        expect(inventions(text)).toEqual([]);
      }),
      { numRuns: 3 * numRuns },
    );
  });

  it('gives a record, a reason of the list or an undercount for any text at all', () => {
    fc.assert(
      fc.property(fc.oneof(garbled, fc.string({ unit: 'binary', maxLength: 2000 }), fc.string({ maxLength: 2000 })), (text) => {
        const result = parse(text);
        const outcome = result.ok ? 'record' : (result.reason ?? result.undercount?.cause);
        expect(['record', ...rejectReasons, ...undercountCauses]).toContain(outcome);
      }),
      { numRuns },
    );
  });
});

import { array, assert, constant, nat, oneof, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headBytes, HeadProbe } from '../../src/collector/head-probe.ts';
import { packetLine, packetLines } from './loaded-rows.ts';

function probe(text: Buffer, borders: readonly number[] = [], end = false): HeadProbe {
  const result = new HeadProbe();
  let from = 0;
  for (const to of [...[...borders].map((border) => border % (text.length + 1)).sort((a, b) => a - b), text.length]) {
    if (to > from) result.push(text, from, to, from);
    from = Math.max(from, to);
  }
  if (end) result.end();
  return result;
}

describe('HeadProbe', () => {
  it('finds the first packet line and what follows it', () => {
    const header = 'a header\n\nanother\n';
    const text = Buffer.from(header + packetLines(0, 1000));
    const { head } = probe(text);
    expect(head?.start).toBe(header.length);
    expect(head?.bytes).toEqual(text.subarray(header.length, header.length + headBytes));
    expect(probe(Buffer.from(packetLine(0))).head?.firstLine).toBe(head?.firstLine);
  });

  it('waits for the end of the line', () => {
    const text = Buffer.from(packetLine(0));
    expect(probe(text.subarray(0, -1)).head).toBeNull();
    expect(probe(text.subarray(0, -1), [], true).head?.firstLine).toBe(probe(text).head?.firstLine);
  });

  it('does not look beyond the first 8 KiB of a line', () => {
    const far = `${'x'.repeat(9000)} SRC=1.2.3.4\n`;
    expect(probe(Buffer.from(far)).head).toBeNull();
    expect(probe(Buffer.from(far + packetLine(0))).head?.start).toBe(far.length);
  });

  it('finds the same whatever the pieces are', () => {
    const part = oneof(
      constant('\n'),
      constant('\0\0'),
      constant('other line\n'),
      constant('y'.repeat(8190)),
      constant('SR'),
      constant('C='),
      constant(packetLine(7)),
    );
    assert(
      property(array(part, { maxLength: 20 }), array(nat(200_000), { maxLength: 6 }), (parts, borders) => {
        const text = Buffer.from(parts.join(''), 'latin1');
        expect(probe(text, borders, true).head).toEqual(probe(text, [], true).head);
      }),
      { numRuns: 500 },
    );
  });
});

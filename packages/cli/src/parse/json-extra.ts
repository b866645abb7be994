import type { Line } from '@droplens/netfilter-log';
import { type Cells, cellsOf, copyCells, copySpan } from '@droplens/pipeline';

/** How a piece's value comes out: in quotes, as the number that it is, or as true. */
type Kind = 'text' | 'number' | 'word';

/** The pieces that the kernel's own order has, by their first two characters. */
const pieces: readonly (readonly [key: string, kind: Kind, name: string, ofIcmp?: string])[] = [
  ['MAC=', 'text', 'mac'],
  ['TOS=', 'text', 'tos'],
  ['PREC=', 'text', 'prec'],
  ['TC=', 'number', 'tc'],
  ['FLOWLBL=', 'number', 'flowlbl'],
  ['CE', 'word', 'ce'],
  ['DF', 'word', 'df'],
  ['MF', 'word', 'mf'],
  ['LEN=', 'number', 'udp_length'],
  ['ID=', 'number', 'icmp_id'],
  ['SEQ=', 'number', 'seq', 'icmp_seq'],
  ['ACK=', 'number', 'ack'],
  ['RES=', 'text', 'res'],
  ['URGP=', 'number', 'urgp'],
];

interface Piece {
  readonly keyLength: number;
  readonly kind: Kind;
  readonly cells: Cells;
  readonly cellsOfIcmp: Cells;
}

const byStart: readonly (Piece | undefined)[] = (() => {
  const found: (Piece | undefined)[] = [];
  for (const [key, kind, name, ofIcmp = name] of pieces) {
    const cells = (each: string): Cells => cellsOf(`,"${each}":${kind === 'text' ? '"' : kind === 'word' ? 'true' : ''}`);
    found[slot(key.charCodeAt(0), key.charCodeAt(1))] = {
      keyLength: key.length,
      kind,
      cells: cells(name),
      cellsOfIcmp: cells(ofIcmp),
    };
  }
  return found;
})();

/** Capitals only: ten bits say which two. */
function slot(first: number, second: number): number {
  return ((first & 31) << 5) | (second & 31);
}

const macDst = cellsOf(',"mac_dst":"');
const macSrc = cellsOf('","mac_src":"');

/**
 * Writes what `recordToJson` makes of the pieces of a plain line in the kernel's own order, each under its own name, and the end of the row; returns the
 * offset after it.
 */
export function writeExtraPieces(to: DataView, at: number, line: Line): number {
  const { spans, spanCount, view } = line;
  let p = at;
  let mac = -1;
  for (let i = 0; i < 2 * spanCount; i += 2) {
    const end = spans[i + 1]!;
    let from = spans[i]!;
    while (from < end) {
      let q = from;
      while (q < end && view.getUint8(q) !== 0x20) q++;
      const piece = byStart[slot(view.getUint8(from), view.getUint8(from + 1))]!;
      p = copyCells(to, p, line.proto === 6 ? piece.cells : piece.cellsOfIcmp);
      if (piece.kind !== 'word') {
        const value = from + piece.keyLength;
        // A number with zeros before it is text to whoever wants it as it was.
        const zeros = piece.kind === 'number' && q > value + 1 && view.getUint8(value) === 0x30;
        if (zeros) to.setInt8(p++, 0x22);
        p = copySpan(to, p, view, value, q);
        if (zeros || piece.kind === 'text') to.setInt8(p++, 0x22);
        if (piece.keyLength === 4 && view.getUint8(from) === 0x4d && isWholeHeader(view, value, q)) mac = value;
      }
      from = q + 1;
    }
  }
  if (mac >= 0) {
    // An Ethernet header is destination, source, type.
    p = copySpan(to, copyCells(to, p, macDst), view, mac, mac + 17);
    p = copySpan(to, copyCells(to, p, macSrc), view, mac + 18, mac + 35);
    to.setInt8(p++, 0x22);
  }
  to.setInt16(p, 0x0a7d, true);
  return p + 2;
}

/** Whether a MAC is at least fourteen bytes in lower case. */
function isWholeHeader(view: DataView, from: number, to: number): boolean {
  if (to - from < 41) return false;
  for (let p = from; p < from + 39; p++) {
    const byte = view.getUint8(p);
    if (byte >= 0x41 && byte <= 0x46) return false;
  }
  return true;
}

import { closeBracket, colon, equals, greater, less, nine, space, startsWith, zero } from './ascii.ts';

/*
 * Where a body starts. A prefix is text of whoever wrote the rule and may hold anything, even a whole record, while nothing after the body's `IN=` is
 * free text: device names, numbers, and in brackets a quoted packet, which has no `IN=`. Therefore the last `IN=` that can start a body does. "Can" is
 * decided on the next few pieces alone, so the search is linear; text that is right as far as the line goes counts, so that a cut line never
 * falls back to an earlier record.
 */

/** Keys that can follow the interfaces. */
const bodyKeys = [
  'PHYSIN=',
  'PHYSOUT=',
  'MAC=',
  'MAC source',
  'MACSRC=',
  'MACDST=',
  'MACPROTO=',
  'VPROTO=',
  'VID=',
  'TUNNEL=',
  'SRC=',
  'DST=',
  'LEN=',
  'TOS=',
  'PREC=',
  'TTL=',
  'TC=',
  'HOPLIMIT=',
  'FLOWLBL=',
  'ID=',
  'PROTO=',
  'SPT=',
  'DPT=',
  'MARK=',
  'ARP ',
  'TRUNCATED',
];

/** Offset of the last start in [from, end), or -1. */
export function lastStart(b: Uint8Array, from: number, end: number): number {
  for (let p = end - 3; p >= from; p--) {
    if (b[p + 2] !== equals || b[p + 1] !== 0x4e || b[p] !== 0x49) continue;
    if (p - 4 >= from && startsWith(b, p - 4, 'PHYS')) continue;
    const start = startAt(b, from, p, end);
    if (start >= 0) return start;
  }
  return -1;
}

/** Offset of the last `OUT=` that starts a body without `IN=` (Proxmox leaves out what is empty), or -1. */
export function lastOutStart(b: Uint8Array, from: number, end: number): number {
  for (let p = end - 4; p >= from; p--) {
    if (b[p + 3] !== equals || !startsWith(b, p, 'OUT=') || !isBoundary(b, from, p)) continue;
    const next = afterName(b, p + 4, end);
    if (next >= 0 && next < end && isBodyKey(b, next, end)) return p;
  }
  return -1;
}

/** The start that the `IN=` at `p` makes: itself, an `OUT=` just before it, or -1 when no body can start there. */
function startAt(b: Uint8Array, from: number, p: number, end: number): number {
  let next = afterName(b, p + 3, end);
  if (next < 0) return -1;
  // 2.4 kernels print each physical port after its interface.
  if (next < end && startsWith(b, next, 'PHYSIN=')) {
    const after = afterName(b, next + 7, end);
    if (after >= 0 && after < end && isPrefixOf(b, after, end, 'OUT=')) next = after;
  }
  if (isPrefixOf(b, next, end, 'OUT=')) {
    const after = afterName(b, next + 4, end);
    return after >= 0 && isBodyKey(b, after, end) ? p : -1;
  }
  // Without OUT= the start must at least be a piece of its own: a device may be named `xIN=y`.
  if (!isBoundary(b, from, p) || !isBodyKey(b, next, end)) return -1;
  let q = p - 1;
  while (q >= from && b[q] === space) q--;
  const nameTo = q + 1;
  while (q >= from && b[q]! > space && nameTo - q <= 19) q--;
  return nameTo - q > 4 && startsWith(b, q + 1, 'OUT=') && isBoundary(b, from, q + 1) ? q + 1 : p;
}

/** Offset of the piece after a device name of at most 15 bytes: `end` when the line ends with it, -1 when it is no name. */
function afterName(b: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && b[p]! > space) if (p++ - at >= 15) return -1;
  if (p < end && b[p] !== space) return -1;
  while (p < end && b[p] === space) p++;
  // Asuswrt leaves the level of each piece that its old kernel printed: `<1>SRC=`.
  if (b[p] === less && b[p + 1]! >= zero && b[p + 1]! <= nine && b[p + 2] === greater) p += 3;
  return Math.min(p, end);
}

function isBodyKey(b: Uint8Array, p: number, end: number): boolean {
  for (const key of bodyKeys) if (isPrefixOf(b, p, end, key)) return true;
  return false;
}

/** Whether `text` is at `p`, or its beginning up to the line's end. */
function isPrefixOf(b: Uint8Array, p: number, end: number, text: string): boolean {
  for (let i = 0; i < text.length && p + i < end; i++) if (b[p + i] !== text.charCodeAt(i)) return false;
  return true;
}

function isBoundary(b: Uint8Array, from: number, p: number): boolean {
  return p === from || b[p - 1] === space || b[p - 1] === colon || b[p - 1] === closeBracket;
}

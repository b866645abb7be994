import { hexValue } from './ascii.ts';

// The package takes no types from a platform; these two are globals in Node and in browsers.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (label: string) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8');

/** UTF-8; lone surrogates become U+FFFD. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/** 1 for bytes that stand for themselves in a text and in TabSeparated alike: printable ASCII without the backslash. */
export const plain = new Uint8Array(256).fill(1, 0x20, 0x7f);
plain[0x5c] = 0;

/**
 * The bytes of [from, to) as text that is safe to store and to show: valid UTF-8 stays, and every control character
 * (C0, DEL, C1) and every byte that is not UTF-8 is written `\xNN`. A backslash stays a backslash.
 */
export function cleanText(bytes: Uint8Array, from: number, to: number): string {
  let p = from;
  while (p < to && plain[bytes[p]!] === 1) p++;
  if (p === to) return ascii(bytes, from, to);
  let text = ascii(bytes, from, p);
  while (p < to) {
    const length = characterLength(bytes, p, to);
    if (length === 1) text += String.fromCharCode(bytes[p]!);
    else if (length === 0) text += hexEscape(bytes[p]!);
    else if (length === 2 && bytes[p] === 0xc2 && bytes[p + 1]! < 0xa0) text += hexEscape(0xc2) + hexEscape(bytes[p + 1]!);
    else text += decoder.decode(bytes.subarray(p, p + length));
    p += length || 1;
  }
  return text;
}

/** Length of the UTF-8 character at `p`: 1 to 4, or 0 for a control character and for what is no UTF-8 (RFC 3629, table of section 4). */
function characterLength(bytes: Uint8Array, p: number, to: number): number {
  const first = bytes[p]!;
  if (first < 0x80) return first >= 0x20 && first !== 0x7f ? 1 : 0;
  const length = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (length === 0 || p + length > to) return 0;
  const second = bytes[p + 1]!;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = 2; i < length; i++) if ((bytes[p + i]! & 0xc0) !== 0x80) return 0;
  return length;
}

function hexEscape(byte: number): string {
  return `\\x${byte < 16 ? '0' : ''}${byte.toString(16)}`;
}

/** Text of bytes known to be ASCII. */
export function ascii(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let p = from; p < to; p++) text += String.fromCharCode(bytes[p]!);
  return text;
}

/** Undoes `\xNN` (as /dev/kmsg writes every byte outside printable ASCII, and the backslash) into `target` from 0; returns the length. */
export function unescapeHex(bytes: Uint8Array, from: number, to: number, target: Uint8Array): number {
  let length = 0;
  for (let p = from; p < to; p++) {
    let byte = bytes[p]!;
    if (byte === 0x5c && p + 3 < to && bytes[p + 1] === 0x78) {
      const high = hexValue[bytes[p + 2]!]!;
      const low = hexValue[bytes[p + 3]!]!;
      if (high < 16 && low < 16) {
        byte = high * 16 + low;
        p += 3;
      }
    }
    target[length++] = byte;
  }
  return length;
}

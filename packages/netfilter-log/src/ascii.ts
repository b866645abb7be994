/** Bytes that the grammar names. */
export const space = 0x20;
export const quote = 0x22;
export const percent = 0x25;
export const openParen = 0x28;
export const closeParen = 0x29;
export const plus = 0x2b;
export const comma = 0x2c;
export const minus = 0x2d;
export const dot = 0x2e;
export const zero = 0x30;
export const nine = 0x39;
export const colon = 0x3a;
export const semicolon = 0x3b;
export const less = 0x3c;
export const equals = 0x3d;
export const greater = 0x3e;
export const openBracket = 0x5b;
export const backslash = 0x5c;
export const closeBracket = 0x5d;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;

/** Value of a hexadecimal digit, 255 for any other byte. */
export const hexValue = new Uint8Array(256).fill(255);
for (let i = 0; i < 10; i++) hexValue[0x30 + i] = i;
for (let i = 0; i < 6; i++) {
  hexValue[0x41 + i] = 10 + i;
  hexValue[0x61 + i] = 10 + i;
}

/** Whether the bytes at `at` are `text` (ASCII). Stops at the first difference, so a line's end is never crossed. */
export function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Whether `text` lies whole in [from, to). Linear: `text` is short and its first byte rare. */
export function includes(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  const first = text.charCodeAt(0);
  for (let i = from; i <= to - text.length; i++) if (bytes[i] === first && startsWith(bytes, i, text)) return true;
  return false;
}

/** Offset after the digits that start at `at`; `at` itself when there are none. */
export function digitsEnd(bytes: Uint8Array, at: number): number {
  let p = at;
  while (bytes[p]! >= zero && bytes[p]! <= nine) p++;
  return p;
}

/** The decimal number in [from, to), which holds digits only; above 2^53 it is inexact, but still above 2^53. */
export function numberAt(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + (bytes[i]! - zero);
  return value;
}

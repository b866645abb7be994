/*
 * Reading text four bytes at a time, little-endian. Numbers and addresses differ in length from line to line, and a loop over their bytes ends elsewhere
 * each time: the processor guesses wrong, which costs as much as ten bytes. Here a length comes out of arithmetic on a word, without a branch that
 * depends on it. Helpers are written out where they are used: what V8 does not inline costs as much as what it does.
 *
 * In all of it `x = word ^ 0x30303030` turns digits into 0..9, and `(x | (x + 0x76767676)) & 0x80808080` marks the bytes that are none (up to the
 * first of them, from where the addition may carry over); `(31 - clz32(lowest mark)) & 24` is eight times the number of digits before it.
 */

/** Four characters as `DataView.getInt32(at, true)` reads them. */
export function word(text: string): number {
  return text.charCodeAt(0) | (text.charCodeAt(1) << 8) | (text.charCodeAt(2) << 16) | (text.charCodeAt(3) << 24);
}

/**
 * The decimal number of 0..65535 at `at`, without leading zeros and with a space behind it: eight times its value plus the number of its digits; -1 for
 * anything else. Looks at six bytes at most.
 */
export function shortNumber(v: DataView, at: number): number {
  const x = v.getInt32(at, true) ^ 0x30303030;
  const marks = (x | (x + 0x76767676)) & 0x80808080;
  if (marks !== 0) {
    const bits = (31 - Math.clz32(marks & (~marks + 1))) & 24;
    if (bits === 0 || ((x >>> bits) & 0xff) !== 0x10 || (bits !== 8 && (x & 0xff) === 0)) return -1;
    // The digits move up, so that zeros stand before them; then pairs, then both pairs become one number.
    const pairs = (Math.imul(x << (32 - bits), 10 * 256 + 1) >>> 8) & 0xff00ff;
    return ((Math.imul(pairs, 100 * 65536 + 1) >>> 16) << 3) | (bits >>> 3);
  }
  if ((x & 0xff) === 0) return -1;
  const pairs = (Math.imul(x, 10 * 256 + 1) >>> 8) & 0xff00ff;
  const four = Math.imul(pairs, 100 * 65536 + 1) >>> 16;
  const fifth = v.getUint8(at + 4) ^ 0x30;
  if (fifth === 0x10) return (four << 3) | 4;
  const five = four * 10 + fifth;
  return fifth > 9 || five > 0xffff || v.getUint8(at + 5) !== 0x20 ? -1 : (five << 3) | 5;
}

/** Offset of the space behind the IPv4 address at `at`, -1 when there is none with a space behind it: four numbers 0..255 without leading zeros. */
export function dottedEnd(v: DataView, at: number): number {
  let p = at;
  for (let octet = 0; octet < 4; octet++) {
    const x = v.getInt32(p, true) ^ 0x30303030;
    const marks = (x | (x + 0x76767676)) & 0x80808080;
    const bits = (31 - Math.clz32(marks & (~marks + 1))) & 24;
    const pairs = (Math.imul(x << (32 - bits), 10 * 256 + 1) >>> 8) & 0xff00ff;
    const end = octet === 3 ? 0x10 : 0x1e;
    // Without a mark `bits` says 24 and the fourth byte is a digit, so `end` is not there.
    if (((x >>> bits) & 0xff) !== end || bits === 0 || (bits !== 8 && (x & 0xff) === 0)) return -1;
    if (Math.imul(pairs, 100 * 65536 + 1) >>> 16 > 255) return -1;
    p += (bits >>> 3) + 1;
  }
  return p - 1;
}

/** Whether the 41 characters at `at` are the fourteen bytes of an Ethernet header, "xx:xx:…" in lower case. */
export function isEthernet(v: DataView, at: number): boolean {
  let wrong = 0;
  // Twelve characters have their colons where the twelve before had them.
  for (let p = at; p < at + 36; p += 12)
    wrong |=
      hexPairs(v.getInt32(p, true), 0x00ff0000) |
      hexPairs(v.getInt32(p + 4, true), 0x0000ff00) |
      hexPairs(v.getInt32(p + 8, true), -0xffff01 | 0);
  return (wrong | hexPairs(v.getInt32(at + 36, true), 0x00ff0000) | hexPairs(v.getInt32(at + 37, true), 0x0000ff00)) === 0;
}

/** 0 when a word has colons where `mask` has ones and lower-case hexadecimal digits elsewhere. */
function hexPairs(four: number, mask: number): number {
  // With a digit in the colons' places: every byte in 0..9 or a..f, all below 0x80.
  const x = (four & ~mask) | (0x30303030 & mask);
  const notHex = (x - 0x30303030) | (x + 0x19191919) | x | ((x + 0x46464646) & ~(x + 0x1f1f1f1f));
  return (notHex & 0x80808080) | ((four ^ 0x3a3a3a3a) & mask);
}

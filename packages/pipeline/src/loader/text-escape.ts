const backslash = 92;
const tab = 9;
const newline = 10;
const letterN = 78;
const letterX = 120;

/** What ClickHouse reads a backslash and one of these letters as; with any other letter it stands for both characters. */
const letters = 'abefnrtv0\\\'"`/=';
const meanings = '\x07\b\x1b\f\n\r\t\v\0\\\'"`/=';

/**
 * The bytes that ClickHouse reads from the TabSeparated cell in text[from, to); null when a backslash in it would swallow what stands
 * behind the cell, or reads as NULL or as nonsense.
 */
export function unescaped(text: Uint8Array, from: number, to: number): Uint8Array | null {
  const out = new Uint8Array(to - from);
  let length = 0;
  for (let i = from; i < to; i++) {
    const byte = text[i] as number;
    if (byte !== backslash) {
      out[length++] = byte;
      continue;
    }
    const next = text[++i] as number;
    if (i >= to || next === tab || next === newline || next === letterN) return null;
    if (next === letterX) {
      const value = hexPair(text, i + 1, to);
      if (value === null) return null;
      out[length++] = value;
      i += 2;
      continue;
    }
    const meaning = letters.indexOf(String.fromCharCode(next));
    if (meaning < 0) out[length++] = backslash;
    out[length++] = meaning < 0 ? next : meanings.charCodeAt(meaning);
  }
  return out.subarray(0, length);
}

function hexPair(text: Uint8Array, from: number, to: number): number | null {
  const pair = from + 2 <= to ? String.fromCharCode(text[from] as number, text[from + 1] as number) : '';
  return /^[0-9a-fA-F]{2}$/.test(pair) ? Number.parseInt(pair, 16) : null;
}

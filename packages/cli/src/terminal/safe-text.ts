/**
 * Makes text from a log harmless on a terminal: whatever could move the cursor, change colours, reverse the reading order,
 * hide or pile up is shown as an escape (`\x1b`, `\u{202e}`). Printable characters of any script stay as they are.
 * What stays has a known width: see `textWidth`.
 */
export function safeText(text: string): string {
  return harmless.test(text) ? text : escapeText(text);
}

const harmless = /^[\x20-\x7e]*$/;

/** Letters and symbols that show as nothing: they could make two names look alike. */
const invisible = new Set([0x115f, 0x1160, 0x2800, 0x3164, 0xffa0]);
const hidden = /^[\p{C}\p{Zl}\p{Zp}\p{Me}]$/u;
const mark = /^\p{M}$/u;
const letter = /^\p{L}$/u;

function escapeText(text: string): string {
  let safe = '';
  // accents pile up on what stands before them: two on a letter are writing, more are an attack on the line above
  let room = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (mark.test(character) && room > 0 && !hidden.test(character) && (point < 0xfe00 || point > 0xfe0f)) {
      safe += character;
      room -= 1;
    } else if (hidden.test(character) || mark.test(character) || invisible.has(point)) {
      safe += escapeOf(point);
      room = 0;
    } else {
      safe += character;
      room = letter.test(character) ? 2 : 0;
    }
  }
  return safe;
}

function escapeOf(point: number): string {
  if (point === 0x09) return '\\t';
  if (point === 0x0a) return '\\n';
  if (point === 0x0d) return '\\r';
  return point < 0x100 ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u{${point.toString(16)}}`;
}

/** Columns that `safeText`'s result takes: East Asian wide characters and emoji take two, accents none. */
export function textWidth(text: string): number {
  if (harmless.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

const wide =
  /^[\p{Emoji_Presentation}\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{4dbf}\u{4e00}-\u{a4cf}\u{a960}-\u{a97c}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2fb}\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

function characterWidth(character: string): number {
  if (mark.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Cuts text to at most `width` columns; a cut is shown as `…`. */
export function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width <= 0) return '';
  let cut = '';
  let used = 0;
  for (const character of text) {
    const next = characterWidth(character);
    if (used + next > width - 1) break;
    cut += character;
    used += next;
  }
  return `${cut}…`;
}

/** Pads text to `width` columns. */
export function padText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + space : space + text;
}

import { safeText } from '../terminal/safe-text.ts';

/** The forms in which rows come out. */
export const rowFormats = ['table', 'ndjson', 'csv'] as const;
export type RowFormat = (typeof rowFormats)[number];

/** What JSON leaves as it is, though a terminal would act on it or show nothing: DEL, C1, bidirectional and zero-width characters. */
const unseen =
  /[\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

const printable = /^[\x20-\x7e]*$/;

/** One row as a line of JSON; the same value for every reader, and harmless on a terminal. */
export function ndjsonLine(row: unknown): string {
  const text = JSON.stringify(row);
  return printable.test(text) ? `${text}\n` : `${text.replace(unseen, escapeUnits)}\n`;
}

function escapeUnits(character: string): string {
  let escaped = '';
  for (let index = 0; index < character.length; index += 1)
    escaped += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  return escaped;
}

/** One line of CSV (RFC 4180, ended by a line feed). On a terminal, control characters in it are shown escaped. */
export function csvLine(values: readonly unknown[], terminal: boolean): string {
  return `${values.map((value) => csvField(value, terminal)).join(',')}\n`;
}

function csvField(value: unknown, terminal: boolean): string {
  const text =
    value === null || value === undefined
      ? ''
      : typeof value === 'string'
        ? value
        : typeof value === 'bigint'
          ? value.toString()
          : JSON.stringify(value);
  const shown = terminal ? safeText(text) : text;
  return /[",\r\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}

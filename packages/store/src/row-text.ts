/** One TabSeparated value: what ClickHouse reads back as exactly this text. */
export function escapeText(text: string): string {
  return text.replace(/[\\\t\n\r\0\b\f]/g, (character) => escapes[character]!);
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
  '\b': '\\b',
  '\f': '\\f',
};

/** Milliseconds since 1970 as a DateTime64(3) in text. */
export function timeText(milliseconds: number): string {
  return (Math.round(milliseconds) / 1000).toFixed(3);
}

/** A Map(String, UInt64) in TabSeparated text. */
export function mapText(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts).map(([key, count]) => `'${escapeText(key).replace(/'/g, "\\'")}':${count}`);
  return `{${entries.join(',')}}`;
}

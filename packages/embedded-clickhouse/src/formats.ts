const contentTypes: readonly (readonly [RegExp, string])[] = [
  [/^json(lines)?.*eachrow|^ndjson$|^jsonl(ines)?$/i, 'application/x-ndjson; charset=UTF-8'],
  [/^json/i, 'application/json; charset=UTF-8'],
  [/^csv/i, 'text/csv; charset=UTF-8'],
  [/^(tsv|tabseparated)/i, 'text/tab-separated-values; charset=UTF-8'],
  [/^(native|rowbinary|parquet|arrow|orc|avro|msgpack|rawblob)/i, 'application/octet-stream'],
  [/^xml$/i, 'application/xml; charset=UTF-8'],
];

/** The Content-Type a ClickHouse server gives a format. */
export function contentTypeOf(format: string): string {
  return contentTypes.find(([pattern]) => pattern.test(format))?.[1] ?? 'text/plain; charset=UTF-8';
}

/** A Native block that has columns and no rows: the engine writes nothing for an empty result, and clients then know no columns. */
export function emptyNativeBlock(columns: readonly (readonly [name: string, type: string])[]): Buffer {
  const parts: Buffer[] = [varint(columns.length), varint(0)];
  for (const column of columns) {
    for (const text of column) {
      const bytes = Buffer.from(text);
      parts.push(varint(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** What is known of a finished statement. */
export interface Effects {
  readonly readRows?: number;
  readonly readBytes?: number;
  readonly writtenRows?: number;
  readonly writtenBytes?: number;
  readonly resultBytes?: number;
  /** Seconds. */
  readonly elapsed: number;
}

/** The X-ClickHouse-Summary header: numbers as text, as a ClickHouse server writes them. */
export function summary(effects: Effects): string {
  return JSON.stringify({
    read_rows: String(effects.readRows ?? 0),
    read_bytes: String(effects.readBytes ?? 0),
    written_rows: String(effects.writtenRows ?? 0),
    written_bytes: String(effects.writtenBytes ?? 0),
    total_rows_to_read: String(effects.readRows ?? 0),
    result_bytes: String(effects.resultBytes ?? 0),
    elapsed_ns: String(Math.round(effects.elapsed * 1e9)),
  });
}

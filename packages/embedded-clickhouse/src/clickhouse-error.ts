/** An error as ClickHouse words it; both clients read `code` and `type` out of the text form. */
export class ClickHouseError extends Error {
  /** ClickHouse's number, such as 62. */
  readonly code: number;
  /** ClickHouse's name, such as SYNTAX_ERROR. */
  readonly type: string;

  constructor(code: number, type: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ClickHouseError';
    this.code = code;
    this.type = type;
  }

  /** `Code: 47. DB::Exception: … (UNKNOWN_IDENTIFIER)`, the body of an error response. */
  get text(): string {
    return `Code: ${this.code}. DB::Exception: ${this.message} (${this.type})\n`;
  }

  /** The HTTP status a ClickHouse server gives this code (HTTPHandler's table; anything else is 500). */
  get status(): number {
    return statusOf(this.code);
  }
}

const badRequest = new Set([6, 16, 26, 27, 38, 41, 42, 43, 44, 50, 53, 62, 69, 70, 72, 110, 115, 117, 184, 386, 456, 457, 520]);
const notFound = new Set([46, 47, 60, 79, 80, 81, 218]);

function statusOf(code: number): number {
  if (code === 516 || code === 497) return 403;
  if (code === 202) return 429;
  if (code === 394 || code === 159) return 408;
  if (code === 210) return 503;
  if (code === 48) return 501;
  if (notFound.has(code)) return 404;
  if (badRequest.has(code)) return 400;
  return 500;
}

/** Turns anything the engine throws into a ClickHouseError; text without a code becomes 1001 STD_EXCEPTION. */
export function toClickHouseError(error: unknown): ClickHouseError {
  if (error instanceof ClickHouseError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const start = /Code: (\d+)\. DB::Exception: /.exec(text);
  const end = /\(([A-Z0-9_]+)\)\s*$/.exec(text);
  if (start === null || end === null) return new ClickHouseError(1001, 'STD_EXCEPTION', text, { cause: error });
  const message = text.slice(start.index + start[0].length, end.index).trimEnd();
  // The engine reports a full disk under several codes; one is enough for whoever must wait for space.
  if (/errno: 28\b|No space left on device/.test(message))
    return new ClickHouseError(243, 'NOT_ENOUGH_SPACE', message, { cause: error });
  return new ClickHouseError(Number(start[1]), end[1]!, message, { cause: error });
}

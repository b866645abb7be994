import { ClickHouseError } from '@clickhouse/client';
import { DroplensError, type ErrorCode } from '@droplens/runtime';

/** What the database was asked to do when it failed: the same answer means another thing for a batch than for a person's question. */
export type Purpose = 'load' | 'question';

/**
 * ClickHouse error codes by what a loader must do. Numbers and names: `system.errors` of the server
 * (src/Common/ErrorCodes.cpp in ClickHouse).
 */
const meanings: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  // it may pass: load, memory, disk, network, replication, a cancelled or half-received request
  ...codes(
    'DL_STORE_UNAVAILABLE',
    [
      3, 23, 24, 74, 75, 76, 95, 159, 160, 172, 173, 198, 201, 202, 203, 204, 205, 209, 210, 225, 236, 241, 242, 243, 244, 252,
      254, 255, 274, 279, 285, 286, 290, 298, 305, 319, 335, 341, 364, 370, 373, 394, 410, 415, 416, 425, 439, 440, 459, 473, 499,
      517, 518, 529, 557, 571, 594, 606, 618, 630, 667, 677, 700, 722, 733, 745, 999, 1000, 1001, 1002,
    ],
  ),
  // these bytes will never be taken
  ...codes(
    'DL_STORE_REJECTED',
    [6, 25, 26, 27, 32, 33, 36, 38, 41, 53, 69, 70, 72, 117, 131, 321, 349, 407, 441, 467, 630, 675, 676, 691],
  ),
  // this user or password will not do
  ...codes('DL_STORE_ACCESS', [164, 192, 193, 194, 195, 291, 492, 497, 516]),
  // these are not our tables
  ...codes('DL_STORE_SCHEMA', [7, 8, 10, 15, 16, 20, 44, 45, 46, 47, 48, 50, 60, 62, 81, 115, 169, 218, 524]),
]);

function codes(code: ErrorCode, numbers: readonly number[]): [number, ErrorCode][] {
  return numbers.map((number) => [number, code]);
}

/** Turns whatever a call of the client threw into a DroplensError; `what` names the action (`inserting 500 rows into drops_in`). */
export function databaseError(error: unknown, what: string, purpose: Purpose): DroplensError {
  if (error instanceof DroplensError) return error;
  if (!(error instanceof ClickHouseError)) {
    return new DroplensError('DL_STORE_UNAVAILABLE', `${what}: ${connectionReason(error)}`, { cause: error });
  }
  const number = Number(error.code);
  const text = oneLine(error.message);
  // 252 is also a verdict on the table: its partition key splits one batch into too many, today and tomorrow
  if (number === 252 && /too many partitions/i.test(error.message)) {
    return new DroplensError('DL_STORE_SCHEMA', `${what}: ${text} (${number})`, { cause: error });
  }
  let code = meanings.get(number) ?? 'DL_STORE_FAILED';
  if (purpose === 'question' && (code === 'DL_STORE_REJECTED' || code === 'DL_STORE_SCHEMA' || code === 'DL_STORE_FAILED')) {
    code = 'DL_QUERY_REFUSED';
  }
  if (purpose === 'question' && code === 'DL_STORE_UNAVAILABLE' && [159, 160, 172, 241, 290, 394].includes(number)) {
    code = 'DL_QUERY_REFUSED';
  }
  // a person's own query that wants more than reading: the account is right, the query is not
  if (purpose === 'question' && [164, 497].includes(number)) code = 'DL_QUERY_REFUSED';
  return new DroplensError(code, `${what}: ${text} (${number})`, { cause: error });
}

/** ClickHouse's number of the error under `error`, or null. */
export function databaseErrorNumber(error: unknown): number | null {
  const cause = error instanceof DroplensError ? error.cause : error;
  return cause instanceof ClickHouseError ? Number(cause.code) : null;
}

function connectionReason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return connectionReason(error.errors[0]);
  if (!(error instanceof Error)) return oneLine(String(error));
  return (
    unreachableReason(error) ??
    oneLine(error.message === '' ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.message)
  );
}

/** What Node says about a server that cannot be reached, in words; null for anything else. */
function unreachableReason(error: NodeJS.ErrnoException & { address?: string; hostname?: string; port?: number }): string | null {
  const why = unreachable[error.code ?? ''];
  if (why === undefined) return null;
  const host = error.hostname ?? error.address ?? 'the server';
  const port = error.port === undefined ? '' : `:${error.port}`;
  return `cannot reach ${host.includes(':') ? `[${host}]` : host}${port} (${why})`;
}

const unreachable: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no way to that host',
  ENETUNREACH: 'no way to that network',
  ETIMEDOUT: 'no answer',
  ENOTFOUND: 'no address for that name',
  EAI_AGAIN: 'no address for that name at the moment',
};

/** Server text on one line, without control characters, at most 600 characters: it may quote hostile input. */
export function oneLine(text: string): string {
  const line = text
    // oxlint-disable-next-line no-control-regex -- they are what must not reach a terminal
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  return line.length > 600 ? `${line.slice(0, 597)}...` : line;
}

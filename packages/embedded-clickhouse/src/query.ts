import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ChdbResult } from 'chdb';
import { ClickHouseError, toClickHouseError } from './clickhouse-error.ts';
import type { Database } from './database.ts';
import type { EngineSession } from './engine-session.ts';
import { contentTypeOf, emptyNativeBlock } from './formats.ts';
import { stringLiteral } from './quoting.ts';
import type { Reply } from './reply.ts';
import { ResultFile, Writer } from './result-file.ts';
import type { Statement } from './statement.ts';
import { summary } from './summary.ts';

/** Statements whose result can be written to a file by INTO OUTFILE. */
const withResult = new Set(['SELECT', 'WITH', 'FROM', 'SHOW', 'DESC', 'DESCRIBE', 'EXPLAIN', 'EXISTS', 'CHECK']);

/** Results up to this size are sent whole, with their length; larger ones are streamed while the query still runs. */
const wholeBytes = 1024 * 1024;

/** A query to run, and where its result goes. */
export interface Query {
  readonly statement: Statement;
  readonly sql: Buffer;
  readonly session: EngineSession;
  readonly defaultFormat: string | null;
  readonly reply: Reply;
  /** Where result files are made. */
  readonly directory: string;
  /** Longest result in bytes; beyond, error 396. */
  readonly maxResultBytes: number;
  /** Aborting stops the query; the reason, a ClickHouseError, is its error. */
  readonly control: AbortController;
}

/** Whether the statement gives rows; the others run to their end whatever becomes of the client. */
export function isQuery(statement: Statement): boolean {
  if (!withResult.has(statement.verb)) return false;
  return (
    statement.verb !== 'WITH' || !statement.tokens.some((token) => token.kind === 'word' && token.text.toUpperCase() === 'INSERT')
  );
}

/**
 * Runs a statement that gives rows and sends its result. `release` is called as soon as the engine is done with it, which
 * may be long before the client has read everything.
 */
export async function runQuery(database: Database, query: Query, release: () => Promise<void>): Promise<void> {
  const { statement, sql, session, control } = query;
  const format = statement.format ?? query.defaultFormat ?? 'TabSeparated';
  const file = new ResultFile(join(query.directory, randomUUID()));
  const tag = `droplens ${randomUUID()}`;
  const body = sql.toString('utf8', 0, statement.bodyEnd);
  const tail = sql.toString('utf8', statement.tailStart, statement.tailEnd);
  const running = session.run(`${body}\nINTO OUTFILE ${stringLiteral(file.path)} FORMAT ${format}${tail}\n/* ${tag} */`);
  const writer = new Writer(running);
  const stop = (): void => void stopUntilDone(database, tag, writer);
  if (control.signal.aborted) stop();
  else control.signal.addEventListener('abort', stop, { once: true });
  const look = (size: number): void => {
    if (size > query.maxResultBytes) control.abort(tooLarge(query.maxResultBytes));
  };
  const finished = finish(database, running, query, file, format, body, release);
  const abort = (error: unknown): void => control.abort(error);
  finished.catch(abort);
  const sent = send(query, file, writer, look, finished, format).catch(abort);
  await Promise.allSettled([finished, sent]);
  await file.remove();
  if (control.signal.aborted) throw control.signal.reason;
}

/** What the engine said at the end, and the bytes of a result that is not in the file. */
interface Finished {
  readonly result: ChdbResult;
  readonly instead: Uint8Array | null;
}

async function finish(
  database: Database,
  running: Promise<ChdbResult>,
  query: Query,
  file: ResultFile,
  format: string,
  body: string,
  release: () => Promise<void>,
): Promise<Finished> {
  const failedBefore = database.failedWrites;
  try {
    const result = await running;
    if ((await database.countFailedWrites(query.session)) > failedBefore) throw noSpace();
    const isEmpty = format === 'Native' && (await file.size()) === 0;
    return { result, instead: isEmpty ? await describe(query.session, body) : null };
  } catch (error) {
    // Perhaps only with the clause added above; if not, the message then speaks of the client's own text.
    if (toClickHouseError(error).code !== 62) throw error;
    const result = await query.session.run(query.sql.toString('utf8'), format);
    return { result, instead: result.bytes() };
  } finally {
    await release();
  }
}

async function describe(session: EngineSession, body: string): Promise<Buffer> {
  const described = await session.run(`DESCRIBE TABLE (${body}\n)`, 'JSONCompactEachRow').catch(() => null);
  if (described === null) return Buffer.alloc(0);
  const rows = described.text().split('\n').filter(Boolean);
  return emptyNativeBlock(rows.map((row) => (JSON.parse(row) as string[]).slice(0, 2) as [string, string]));
}

async function send(
  query: Query,
  file: ResultFile,
  writer: Writer,
  look: (size: number) => void,
  finished: Promise<Finished>,
  format: string,
): Promise<void> {
  const { reply, control } = query;
  await file.grown(wholeBytes, writer, look);
  reply.header('x-clickhouse-format', format);
  reply.header('content-type', contentTypeOf(format));
  if (writer.done) {
    const { result, instead } = await finished;
    const size = instead?.length ?? (await file.size());
    look(size);
    control.signal.throwIfAborted();
    const { rowsRead, bytesRead, elapsed } = result;
    reply.header('x-clickhouse-summary', summary({ readRows: rowsRead, readBytes: bytesRead, elapsed, resultBytes: size }));
    if (instead !== null || size <= wholeBytes) {
      reply.whole(instead ?? (await file.content()));
      return;
    }
  }
  for await (const piece of file.pieces(writer, look)) await reply.write(piece, control.signal);
  await finished;
  reply.end();
}

/** Kills again until it has worked: the query may not have been in the engine's list yet. */
async function stopUntilDone(database: Database, tag: string, writer: Writer): Promise<void> {
  while (!writer.done) {
    await database.kill(tag).catch(() => undefined);
    await writer.wait(100);
  }
}

function noSpace(): ClickHouseError {
  return new ClickHouseError(243, 'NOT_ENOUGH_SPACE', 'The result could not be written to the data directory: is its disk full?');
}

function tooLarge(bytes: number): ClickHouseError {
  return new ClickHouseError(396, 'TOO_MANY_ROWS_OR_BYTES', `Limit for result exceeded, max bytes: ${bytes}.`);
}

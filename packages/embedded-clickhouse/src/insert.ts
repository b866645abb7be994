import { randomUUID } from 'node:crypto';
import { unlink, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { spoolBody } from './body.ts';
import { ClickHouseError, toClickHouseError } from './clickhouse-error.ts';
import type { EngineSession, Written } from './engine-session.ts';
import { dataStart } from './lexer.ts';
import { stringLiteral } from './quoting.ts';
import type { InsertData } from './statement.ts';

/** The rows of an INSERT in a file of their own: bulk inserts from a file cost a third of text passed inline, and any bytes will do. */
export class InsertFile {
  readonly path: string;
  #bytes = 0;

  constructor(directory: string) {
    this.path = join(directory, `${randomUUID()}.rows`);
  }

  /** Bytes of rows. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the rows behind the statement and, unless that was in the body itself, the body. A body that ends early rejects. */
  async fill(sql: Buffer, data: InsertData, request: IncomingMessage | null, encoding: string): Promise<void> {
    const inline = sql.subarray(dataStart(sql, data.formatEnd));
    try {
      if (request !== null) {
        this.#bytes = await spoolBody(request, encoding, this.path, inline);
      } else {
        await writeFile(this.path, inline, { mode: 0o600, flag: 'wx' });
        this.#bytes = inline.length;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      throw new ClickHouseError(243, 'NOT_ENOUGH_SPACE', 'No space left on the disk for the rows of this insert.', {
        cause: error,
      });
    }
  }

  /** Runs the INSERT with its rows read from the file. */
  async run(session: EngineSession, sql: Buffer, data: InsertData): Promise<Written> {
    try {
      return await session.insert(this.#statement(sql, data));
    } catch (error) {
      const { code, type, message } = toClickHouseError(error);
      throw new ClickHouseError(code, type, message.replaceAll(this.path, 'the request'), { cause: error });
    }
  }

  async remove(): Promise<void> {
    await unlink(this.path).catch(() => undefined);
  }

  /**
   * `INSERT … FORMAT x` becomes `INSERT … SELECT * FROM file(…)` with the columns of the target; in `INSERT … SELECT … FROM
   * input('structure') … FORMAT x` the call is replaced by `file(…, 'structure')`: chDB accepts input() and inserts nothing.
   */
  #statement(sql: Buffer, data: InsertData): string {
    const head = sql.toString('utf8', 0, data.headEnd);
    const file = (structure: string): string =>
      `file(${stringLiteral(this.path)}, ${stringLiteral(data.format)}, ${structure}, 'none')`;
    if (data.input === null) return `${head}\nSELECT * FROM ${file("'auto'")}`;
    const { start, end, structure } = data.input;
    return sql.toString('utf8', 0, start) + file(structure) + sql.toString('utf8', end, data.headEnd);
  }
}

/** Settings of every such insert. The file is stable, so a token deduplicates although the engine cannot know that. */
export const insertSettings: readonly (readonly [string, string])[] = [
  ['use_structure_from_insertion_table_in_table_functions', '1'],
  ['deduplicate_insert_select', 'enable_even_for_bad_queries'],
];

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClickHouseError } from '@clickhouse/client';
import { DroplensError } from '@droplens/runtime';
import { databaseError, databaseErrorNumber, oneLine } from '../src/database-error.ts';
import { maxInsertBytes } from '../src/insert.ts';
import { Store } from '../src/index.ts';
import { openStore, type OpenedStore } from './opened-store.ts';
import { plainRow, rowText } from './sample-rows.ts';

function clickhouse(code: number, message = 'words of the server'): ClickHouseError {
  return new ClickHouseError({ code: String(code), type: 'NAME', message });
}

describe('databaseError', () => {
  it.each([
    [159, 'retry'],
    [202, 'retry'],
    [209, 'retry'],
    [210, 'retry'],
    [241, 'retry'],
    [242, 'retry'],
    [243, 'retry'],
    [252, 'retry'],
    [319, 'retry'],
    [999, 'retry'],
    [6, 'discard'],
    [26, 'discard'],
    [27, 'discard'],
    [33, 'discard'],
    [41, 'discard'],
    [72, 'discard'],
    [117, 'discard'],
    [675, 'discard'],
    [691, 'discard'],
    [16, 'fatal'],
    [47, 'fatal'],
    [60, 'fatal'],
    [62, 'fatal'],
    [81, 'fatal'],
    [164, 'fatal'],
    [497, 'fatal'],
    [516, 'fatal'],
    [123_456, 'fatal'],
  ])('of a load: %i is %s', (code, disposition) => {
    expect(databaseError(clickhouse(code), 'x', 'load').disposition).toBe(disposition);
  });

  it('knows the two meanings of 252', () => {
    expect(databaseError(clickhouse(252, 'Too many parts (3001 with average size of 1 KiB)'), 'x', 'load').code).toBe(
      'DL_STORE_UNAVAILABLE',
    );
    expect(
      databaseError(clickhouse(252, 'Too many partitions for single INSERT block (more than 100)'), 'x', 'load'),
    ).toMatchObject({
      code: 'DL_STORE_SCHEMA',
      disposition: 'fatal',
    });
  });

  it('tells a person that the question was refused, not that the tables are wrong', () => {
    for (const code of [27, 47, 62, 159, 164, 241, 497, 123_456]) {
      expect(databaseError(clickhouse(code), 'x', 'question').code).toBe('DL_QUERY_REFUSED');
    }
    expect(databaseError(clickhouse(516), 'x', 'question').code).toBe('DL_STORE_ACCESS');
  });

  it('takes everything else for a connection that broke', () => {
    for (const error of [
      new Error('socket hang up'),
      new AggregateError([new Error('connect ECONNREFUSED')]),
      'text',
      undefined,
    ]) {
      expect(databaseError(error, 'x', 'load')).toMatchObject({ code: 'DL_STORE_UNAVAILABLE', disposition: 'retry' });
    }
    const known = new DroplensError('DL_USAGE', 'as it is');
    expect(databaseError(known, 'x', 'load')).toBe(known);
  });

  it('names a server that cannot be reached, and why', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED ::1:8123'), {
      code: 'ECONNREFUSED',
      address: '::1',
      port: 8123,
    });
    expect(databaseError(new AggregateError([refused]), 'x', 'question').message).toBe(
      'x: cannot reach [::1]:8123 (connection refused)',
    );
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND db'), { code: 'ENOTFOUND', hostname: 'db' });
    expect(databaseError(unknown, 'x', 'load').message).toBe('x: cannot reach db (no address for that name)');
  });

  it('keeps the number for who needs it', () => {
    expect(databaseErrorNumber(databaseError(clickhouse(241), 'x', 'load'))).toBe(241);
    expect(databaseErrorNumber(new Error('other'))).toBeNull();
  });

  it('puts hostile text on one short line', () => {
    expect(oneLine('a\n\u001b[31mb\0c\u009b  d')).toBe('a [31mb c d');
    expect(oneLine('y'.repeat(10_000))).toHaveLength(600);
  });
});

describe('a store', () => {
  let opened: OpenedStore;
  const servers: Server[] = [];
  beforeAll(async () => {
    opened = await openStore();
  }, 60_000);
  afterAll(async () => {
    for (const server of servers) server.close();
    await opened.close();
  });

  const options = (url: string): ConstructorParameters<typeof Store>[0] => ({
    url,
    ...opened.engine.writer,
    reporter: opened.reporter,
  });

  /** A server that does one thing to every connection. */
  async function serve(answer: Parameters<typeof createServer>[1]): Promise<string> {
    const server = createServer({}, answer as never);
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function failure(store: Store, action: (store: Store) => Promise<unknown>): Promise<unknown> {
    try {
      return await action(store).then(
        () => null,
        (error: unknown) => error,
      );
    } finally {
      await store.close();
    }
  }

  const batch = { rows: rowText([plainRow]), loadedAt: Date.now(), token: 'x' };

  it('waits for a server that is not there', async () => {
    const error = await failure(new Store(options('http://127.0.0.1:1')), async (store) => await store.ping());
    expect(error).toMatchObject({ code: 'DL_STORE_UNAVAILABLE' });
    expect((error as Error).message).toContain('127.0.0.1:1');
  });

  it('waits for one that hangs up in mid insert', async () => {
    const url = await serve((request) => request.socket.destroy());
    expect(await failure(new Store(options(url)), async (store) => await store.insertDrops(batch))).toMatchObject({
      disposition: 'retry',
    });
  });

  it('waits for a proxy that answers for a server which is down', async () => {
    const url = await serve((_, response) => {
      response.statusCode = 502;
      response.end('<html>Bad Gateway</html>');
    });
    expect(await failure(new Store(options(url)), async (store) => await store.insertDrops(batch))).toMatchObject({
      disposition: 'retry',
    });
  });

  it('gives up on a wrong password, and says so', async () => {
    const error = await failure(
      new Store({ ...options(opened.engine.url), password: 'wrong' }),
      async (store) => await store.ping(),
    );
    expect(error).toMatchObject({ code: 'DL_STORE_ACCESS' });
    expect((error as Error).message).not.toContain('wrong');
  });

  it('gives up on a database that is not ours', async () => {
    const store = new Store({ ...options(opened.engine.url), database: 'nowhere' });
    expect(await failure(store, async () => await store.insertDrops(batch))).toMatchObject({ code: 'DL_STORE_SCHEMA' });
  });

  it('refuses a batch it cannot read, and stores nothing of it', async () => {
    const bad = Buffer.concat([rowText([plainRow]), Buffer.from('no row at all\n')]);
    await expect(opened.store.insertDrops({ ...batch, rows: bad })).rejects.toMatchObject({
      code: 'DL_STORE_REJECTED',
      disposition: 'discard',
    });
    expect(await opened.value('SELECT count() FROM drops')).toBe(0);
    expect(await opened.value('SELECT count() FROM sources_1h')).toBe(0);
  });

  it.each([
    ['an address', { src: '1.2.3.4.5' }],
    ['an action', { action: 'eaten' as 'deny' }],
    ['a number', { dst_port: 'x' as never }],
  ])('refuses a row with %s that is none', async (_, change) => {
    const rows = rowText([plainRow, { ...plainRow, ...change }]);
    await expect(opened.store.insertDrops({ ...batch, rows, token: 'bad' })).rejects.toMatchObject({ disposition: 'discard' });
    expect(await opened.value('SELECT count() FROM drops')).toBe(0);
  });

  it('refuses what could be cut into two blocks', async () => {
    await expect(opened.store.insertDrops({ ...batch, rows: new Uint8Array(maxInsertBytes + 1) })).rejects.toMatchObject({
      code: 'DL_INTERNAL',
    });
    await expect(opened.store.insertDrops({ ...batch, token: "x', readonly = '0" })).rejects.toMatchObject({
      code: 'DL_INTERNAL',
    });
  });

  it.each(['', 'not a url', 'ftp://x', 'http://'])('refuses the URL %j as a mistake in the configuration', (url) => {
    expect(() => new Store(options(url))).toThrow(expect.objectContaining({ code: 'DL_CONFIG_INVALID' }));
  });
});

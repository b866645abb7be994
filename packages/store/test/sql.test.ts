import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type OpenedStore } from './opened-store.ts';
import { plainRow, rowText } from './sample-rows.ts';

let opened: OpenedStore;
beforeAll(async () => {
  opened = await openStore();
  await opened.store.insertDrops({ rows: rowText([plainRow, plainRow]), loadedAt: Date.now(), token: 'a' });
}, 60_000);
afterAll(async () => await opened.close());

async function text(query: string, format = 'TabSeparated'): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened.store.sql(query, format)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('sql', () => {
  it('answers in the format asked for', async () => {
    expect(await text('SELECT count(), dst_port FROM drops GROUP BY dst_port')).toBe('2\t23\n');
    expect(JSON.parse(await text('SELECT count() AS n FROM drops', 'JSONEachRow'))).toMatchObject({ n: expect.anything() });
    expect(await text('SELECT 1 AS a -- a comment at the end', 'CSVWithNames')).toBe('"a"\n1\n');
    expect(await text('SELECT 1;')).toBe('1\n');
  });

  it('lets a format in the query win', async () => {
    expect(await text('SELECT 1 AS a FORMAT CSVWithNames')).toBe('"a"\n1\n');
  });

  it.each([
    'INSERT INTO drops_in (position) VALUES (1)',
    'DROP TABLE drops',
    'TRUNCATE TABLE drops',
    'ALTER TABLE drops DELETE WHERE 1',
    'CREATE TABLE x (a UInt8) ENGINE = Memory',
  ])('cannot write: %s', async (query) => {
    await expect(text(query)).rejects.toMatchObject({ disposition: 'fatal' });
    expect(await opened.value('SELECT count() FROM drops')).toBe(2);
  });

  it.each(['SELEC 1', 'SELECT nothing FROM drops', 'SELECT * FROM nowhere', "SELECT toUInt8('x')", ''])(
    'says on one line what is wrong with %j',
    async (query) => {
      const failure = await text(query).catch((error: unknown) => error as Error & { code: string });
      expect(failure).toMatchObject({ code: 'DL_QUERY_REFUSED' });
      expect((failure as Error).message).not.toMatch(/\n/);
    },
  );
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine, type Engine } from '@droplens/embedded-clickhouse';
import { createReporter, type Reporter } from '@droplens/runtime';
import { createClient, type ClickHouseClient } from '@clickhouse/client';
import { Registry } from 'prom-client';
import { Store } from '../src/index.ts';

/** A real engine in a directory of its own, a migrated store on it, and a plain client to look behind the store's back. */
export interface OpenedStore {
  readonly engine: Engine;
  readonly store: Store;
  readonly reporter: Reporter;
  readonly client: ClickHouseClient;
  /** Rows of any SQL in the droplens database. */
  rows<Row = Record<string, unknown>>(sql: string): Promise<Row[]>;
  /** The single value of the single row of `sql`. */
  value(sql: string): Promise<unknown>;
  /** Another store on the same engine, in another database perhaps. */
  another(database?: string): Store;
  close(): Promise<void>;
}

export async function openStore(options: { migrate?: boolean } = {}): Promise<OpenedStore> {
  const directory = await mkdtemp(join(tmpdir(), 'droplens-store-'));
  const reporter = createReporter({ registry: new Registry(), destination: { write: () => undefined } });
  const engine = await openEngine({ directory });
  const stores: Store[] = [];
  const another = (database = 'droplens'): Store => {
    const store = new Store({ url: engine.url, ...engine.writer, database, reporter });
    stores.push(store);
    return store;
  };
  const store = another();
  if (options.migrate !== false) await store.migrate();
  const client = createClient({
    url: engine.url,
    ...engine.writer,
    database: options.migrate === false ? 'default' : 'droplens',
  });
  const rows = async <Row = Record<string, unknown>>(sql: string): Promise<Row[]> => {
    const result = await client.query({
      query: sql,
      format: 'JSONEachRow',
      clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
    });
    return await result.json<Row>();
  };
  return {
    engine,
    store,
    reporter,
    client,
    another,
    rows,
    value: async (sql) => Object.values((await rows(sql))[0] ?? {})[0],
    close: async () => {
      await client.close();
      for (const one of stores) await one.close();
      await engine.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Store } from '../src/index.ts';
import { openStore, type OpenedStore } from './opened-store.ts';

/** What a server says to an account whose profile has `readonly = 2` and that sets `readonly` itself. */
const refusal =
  "Code: 164. DB::Exception: Cannot modify 'readonly' setting in readonly mode. (READONLY) (version 26.3.1.1 (official build))\n";

let opened: OpenedStore;
/** The engine, with that one rule of a server's read-only profile, which the engine's own read-only account does not have. */
let server: Server;
let store: Store;

beforeAll(async () => {
  opened = await openStore();
  const { hostname, port } = new URL(opened.engine.url);
  server = createServer((incoming, outgoing) => {
    const { method, url = '', headers } = incoming;
    if (new URL(url, 'http://engine').searchParams.has('readonly')) {
      incoming.resume();
      outgoing.writeHead(500, { 'X-ClickHouse-Exception-Code': '164' }).end(refusal);
      return;
    }
    const onward = request({ host: hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: listening } = server.address() as AddressInfo;
  store = new Store({ url: `http://127.0.0.1:${listening}`, ...opened.engine.readonly, reporter: opened.reporter });
}, 60_000);

afterAll(async () => {
  await store.close();
  await new Promise((resolve) => server.close(resolve));
  await opened.close();
});

test('a person’s query works with an account that may only read anyway', async () => {
  let text = '';
  for await (const bytes of store.sql('SELECT 40 + 2 AS answer', 'CSV')) text += Buffer.from(bytes).toString();
  expect(text).toBe('42\n');
});

test('and still cannot write', async () => {
  await expect(store.sql('DROP TABLE drops', 'CSV').next()).rejects.toMatchObject({ code: 'DL_QUERY_REFUSED' });
});

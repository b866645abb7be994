/**
 * Collector-less pipeline in one process, made to be killed: three sources of known rows → spool → loader → embedded engine. What a source
 * has appended is in its checkpoint, saved after the append, so a kill re-sends, with other borders. An import sends old rows again beside it.
 *
 * Arguments: directory, the position at which every source ends (0 = never), seed, mode (`exact`, or a way to do it wrong).
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openEngine } from '@droplens/embedded-clickhouse';
import { createReporter, pause, writeDurably } from '@droplens/runtime';
import { Store } from '@droplens/store';
import { createSpool, type Append } from '@droplens/transport';
import { Registry } from 'prom-client';
import { Geo, Loader, type DropsStore } from '../../src/index.ts';
import { randomFrom, sourceBlock, streams } from './crash-sources.ts';

const [directory = '', endText = '0', seed = '1', mode = 'exact'] = process.argv.slice(2);
const end = Number(endText);
const random = randomFrom(Number(seed));
const reporter = createReporter({ registry: new Registry(), level: 'warn', destination: process.stderr });

const engine = await openEngine({ directory });
const store = new Store({ url: engine.url, ...engine.writer, reporter });
await store.migrate();
const spool = createSpool(join(directory, 'spool'), { maxBytes: 1024 ** 3, reporter });
const imports = createSpool(join(directory, 'spool'), { maxBytes: 1024 ** 3, reporter, lane: 'import' });
const geo = new Geo({}, reporter);
await geo.start();
const loader = new Loader({ reader: spool.reader, store: damaged(store), geo, reporter });
await loader.start();
loader.finished.catch(() => process.exit(1));
process.stdout.write('ready\n');

await Promise.all([...streams.map((stream) => follow(stream)), reimport()]);
await spool.drained();
await imports.drained();
await loader.stop();
await spool.writer.close();
await imports.writer.close();
await geo.stop();
await store.close();
await engine.close();
process.stdout.write('done\n');

async function follow(stream: string): Promise<void> {
  let position = checkpoint(stream);
  for (;;) {
    if (end !== 0 && position >= end) return;
    const last = Math.min(position + 1 + Math.floor(random() * 700), end === 0 ? Infinity : end);
    await spool.writer.append(appendOf(stream, position + 1, last));
    position = last;
    await writeDurably(join(directory, `checkpoint-${stream}`), String(position));
    // The loader is slower than this source: keep some files waiting, not thousands.
    while (spool.pending().files > 6) await pause(5);
  }
}

/** What the first source sent before, again, from its beginning, in larger blocks. */
async function reimport(): Promise<void> {
  const [stream] = streams;
  const until = checkpoint(stream);
  for (let position = 0; position < until;) {
    const last = Math.min(position + 500 + Math.floor(random() * 3000), until);
    await imports.writer.append(appendOf(stream, position + 1, last));
    position = last;
    while ((await imports.refresh()).files > 6) await pause(5);
  }
}

function appendOf(stream: string, first: number, last: number): Append {
  const block = sourceBlock(stream, first, last);
  const at = { stream, epoch: block.epoch, position: last, time: 1_795_132_800_000, host: 'web-1' };
  return {
    blocks: [block],
    undercounts: last % 3 === 0 ? [{ ...at, cause: 'net-ratelimit', count: 1 }] : [],
    statuses: [{ ...at, source: 'test', lines: last, records: last, rejected: {} }],
    hosts: [],
  };
}

function checkpoint(stream: string): number {
  const path = join(directory, `checkpoint-${stream}`);
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
}

/** The store as it is, or with one of the two things taken away that make loading exact. */
function damaged(whole: Store): DropsStore {
  const bound: DropsStore = {
    insertDrops: (insert) => whole.insertDrops(insert),
    insertLedger: (insert) => whole.insertLedger(insert),
    covered: (ranges, exceptToken) => whole.covered(ranges, exceptToken),
    hasToken: (token) => whole.hasToken(token),
    insertUndercounts: (rows) => whole.insertUndercounts(rows),
    insertStatuses: (rows) => whole.insertStatuses(rows),
    insertHosts: (rows) => whole.insertHosts(rows),
  };
  if (mode === 'no-token') {
    return { ...bound, insertDrops: (insert) => whole.insertDrops({ ...insert, token: randomBytes(8).toString('hex') }) };
  }
  if (mode === 'no-ledger') return { ...bound, covered: () => Promise.resolve([]) };
  return bound;
}

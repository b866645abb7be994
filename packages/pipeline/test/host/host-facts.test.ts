import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createReporter } from '@droplens/runtime';
import { createSpool, type HostRow, type Spool } from '@droplens/transport';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostFactsConfig, HostFacts } from '../../src/index.ts';
import { captured } from './captured.ts';
import { machineRoot } from './machine-root.ts';

let root: string;
let spool: Spool;
let registry: Registry;
let log: string;
let parts: HostFacts[];
beforeEach(() => {
  const flow = 'src=198.18.7.1 dst=192.0.2.9 sport=50000 dport=443 src=192.0.2.9 dst=198.18.7.1 sport=443 dport=50000 mark=0';
  root = machineRoot({ ...captured, '/proc/net/nf_conntrack': `ipv4     2 tcp      6 99 ESTABLISHED ${flow}\n` });
  registry = new Registry();
  log = '';
  parts = [];
  spool = createSpool(join(root, 'spool'), { maxBytes: 1024 ** 3, reporter: reporter() });
});
afterEach(async () => {
  for (const part of parts) await part.stop();
  await spool.writer.close();
  rmSync(root, { recursive: true });
});

const reporter = () => createReporter({ registry, destination: { write: (line) => void (log += line) } });

function hostFacts(config: Record<string, unknown> = {}, writer = spool.writer): HostFacts {
  registry = new Registry();
  const part = new HostFacts({
    config: hostFactsConfig.parse(config),
    host: 'web-1',
    directory: join(root, 'host'),
    writer,
    reporter: reporter(),
    root,
  });
  parts.push(part);
  return part;
}

/** What was published so far: waits for the first of it. */
async function published(): Promise<HostRow[]> {
  const rows: HostRow[] = [];
  const stop = new AbortController();
  await spool.reader.run(({ hosts }) => {
    rows.push(...hosts);
    stop.abort();
    return Promise.resolve();
  }, stop.signal);
  return rows;
}

const metric = async (name: string): Promise<string> =>
  ((await registry.getSingleMetric(name)?.get())?.values ?? [])
    .map(({ labels, value }) => `${labels['fact'] ?? ''} ${value}`)
    .join(', ');

test('publishes what the host knows, and remembers whom it contacted', async () => {
  const part = hostFacts();
  await part.start();
  const [row] = await published();
  await part.stop();
  expect(row).toMatchObject({ host: 'web-1', contacted: [{ address: '192.0.2.9', last: row?.time }] });
  expect(row?.since).toBe(row?.time);
  expect(row?.facts.gateways).toEqual(['198.18.7.2', '198.18.7.3', '2001:db8:7::2']);
  expect(row?.facts.listening.map(({ port }) => port)).toEqual([25, 8022, 53]);
  expect(await metric('droplens_host_facts_entries')).toBe('addresses 6, gateways 3, resolvers 2, listening 3, contacted 1');
  expect(await metric('droplens_host_facts_absent')).toBe('addresses 0, gateways 0, resolvers 0, listening 0, contacted 0');
  expect(await metric('droplens_host_facts_published_total')).toBe(' 1');

  writeFileSync(join(root, '/proc/net/nf_conntrack'), '');
  const again = hostFacts();
  await again.start();
  expect(await published()).toMatchObject([{ contacted: [{ address: '192.0.2.9', last: row?.time }] }]);
});

test('goes on when its memory is damaged and the transport takes nothing', async () => {
  const first = hostFacts();
  await first.start();
  await published();
  await first.stop();
  const file = join(root, 'host/memory.json');
  writeFileSync(file, 'torn');
  registry = new Registry();
  const closed = createSpool(join(root, 'closed'), { maxBytes: 1024 ** 3, reporter: reporter() });
  await closed.writer.close();
  const part = hostFacts({}, closed.writer);
  await part.start();
  await expect.poll(() => log).toMatch(/was closed and is asked to open/);
  await part.stop();
  expect(log).toMatch(/DL_HOST_MEMORY_DAMAGED/);
  expect(readFileSync(file, 'utf8')).toContain('192.0.2.9');
});

test('does nothing when it is switched off', async () => {
  const part = hostFacts({ enabled: false });
  await part.start();
  await part.stop();
  expect(existsSync(join(root, 'host'))).toBe(false);
  expect(existsSync(join(root, 'spool/live'))).toBe(false);
});

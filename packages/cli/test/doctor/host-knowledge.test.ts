import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { configurationSchema } from '../../src/config/schema.ts';
import { checkHostKnowledge } from '../../src/doctor/host-knowledge.ts';

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'droplens-'))));
afterEach(() => rmSync(root, { recursive: true }));

async function found(settings: Record<string, unknown>): Promise<string[]> {
  const config = { ...configurationSchema.parse({ host_facts: settings }), host: 'web-1', data: '/var/lib/droplens' };
  return (await checkHostKnowledge(config, root)).map(({ state, text }) => `${state} ${text}`);
}

it('says which facts this host knows, and why it does not know the others', async () => {
  const empty = ['fib_trie', 'route', 'tcp', 'udp', 'nf_conntrack'].map((name) => [`/proc/net/${name}`, '\n']);
  for (const [path, text] of [...empty, ['/etc/resolv.conf', 'nameserver 192.0.2.53\nnameserver 192.0.2.54\n']] as [
    string,
    string,
  ][]) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const known = 'ok this host knows 0 own addresses, 0 gateways, 2 resolvers, 0 listening ports';
  expect(await found({ contacted: 'sockets' })).toEqual([`${known}, 0 contacted remotes right now (sockets)`]);
  expect(await found({ contacted: 'none' })).toEqual([
    known,
    '? not known, or not all of them: contacted remotes of this host; switched off (host_facts.contacted: none)',
  ]);
  rmSync(join(root, '/proc/net/route'));
  expect(await found({ contacted: 'sockets' })).toContain(
    '? not known, or not all of them: gateways of this host; /proc/net/route cannot be read (ENOENT)',
  );
});

it('says that it is switched off', async () => {
  expect(await found({ enabled: false })).toEqual(['ok this host finds out nothing about itself (host_facts.enabled is false)']);
});

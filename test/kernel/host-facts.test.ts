import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Droplens } from './droplens.ts';
import { type Namespace, Namespaces } from './namespace.ts';
import { withoutKernel } from './requirements.ts';

// 198.18.0.0/15 is reserved for tests of this kind (RFC 2544); namespaces keep runs apart
const server = '198.18.7.1';
const server6 = '2001:db8:7::1';
const router = '198.18.7.2';
const visitor = '198.18.7.20';
const visitor6 = '2001:db8:7::20';
/** Connected before anything was tracked. */
const forgotten = '198.18.7.21';
const contacted = '198.18.7.30';
const contacted6 = '2001:db8:7::30';
const asked = '198.18.7.40';

describe.skipIf(withoutKernel('host-facts'))('what a host knows of itself', () => {
  const namespaces = new Namespaces();
  const talks: ChildProcess[] = [];
  let outside: Namespace;
  let inside: Namespace;
  let service: ChildProcess;
  let droplens: Droplens | undefined;

  /** Opens sockets in a namespace that stay open until the test ends. */
  const converse = async (namespace: Namespace, ...words: (string | number)[]): Promise<ChildProcess> => {
    const talk = namespace.spawn(['python3', join(import.meta.dirname, 'converse.py'), ...words.map(String)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    talks.push(talk);
    const [said] = (await Promise.race([once(talk.stdout!, 'data'), once(talk, 'exit')])) as unknown[];
    expect(String(said)).toContain('ready');
    return talk;
  };

  const start = async (config: string): Promise<Droplens> => {
    droplens = new Droplens('facts-test', { namespace: inside, config });
    await droplens.start();
    return droplens;
  };

  const contactedBy = async (running: Droplens): Promise<string[]> =>
    (await running.sql<{ address: string }>('SELECT address FROM contacted FINAL ORDER BY address')).map(({ address }) =>
      address.replace('::ffff:', ''),
    );

  const told = async (running: Droplens) =>
    await running.sql<{ found: string }>(
      "SELECT arrayStringConcat(arrayMap(p -> concat(p.proto, ' ', toString(p.port)), listening), ',') AS found FROM hosts FINAL",
    );

  beforeAll(async () => {
    outside = await namespaces.add('outside');
    inside = await namespaces.add('host');
    await namespaces.join(inside, 'dlhost0', '02:64:6c:00:03:01', outside, 'dlout1', '02:64:6c:00:03:02');
    await inside.ip(
      `addr add ${server}/24 dev dlhost0`,
      `addr add ${server6}/64 dev dlhost0 nodad`,
      `route add default via ${router}`,
      'route add local 203.0.113.64/28 dev dlhost0',
    );
    const others = [router, visitor, forgotten, contacted, asked].map((address) => `addr add ${address}/24 dev dlout1`);
    const others6 = [visitor6, contacted6].map((address) => `addr add ${address}/64 dev dlout1 nodad`);
    await outside.ip(...others, ...others6);
    service = await converse(inside, 'listen', '::', 8022, 'listen', '127.0.0.1', 6060, 'bind', '0.0.0.0', 53);
    await converse(outside, 'listen', contacted, 443, 'listen', contacted6, 443, 'bind', asked, 53);
    await converse(
      outside,
      'connect',
      visitor,
      server,
      8022,
      'connect',
      visitor6,
      server6,
      8022,
      'connect',
      forgotten,
      server,
      8022,
    );
    await converse(inside, 'connect', server, contacted, 443, 'connect', server6, contacted6, 443);
  });

  afterAll(async () => {
    await droplens?.stop();
    for (const talk of talks) {
      const gone = talk.exitCode === null ? once(talk, 'exit') : undefined;
      talk.stdin?.end();
      await gone;
    }
    await namespaces.remove();
  });

  it('is found without connection tracking, and an inbound connection makes nobody contacted', async () => {
    const running = await start('host_facts: {interval_seconds: 5}');
    await expect.poll(() => told(running), { timeout: 60_000, interval: 250 }).toEqual([{ found: 'TCP 8022,UDP 53' }]);
    expect(await contactedBy(running)).toEqual([contacted, contacted6]);
    const [facts] = await running.sql<Record<string, unknown>>(
      `SELECT arrayMap(a -> concat(toString(a.address), '/', toString(a.bits), ' ', a.interface), addresses) AS own,
       arrayMap(g -> toString(g), gateways) AS gateways, mapKeys(absent) AS absent FROM hosts FINAL`,
    );
    expect(facts).toMatchObject({ gateways: [`::ffff:${router}`], absent: ['contacted'] });
    expect(facts?.['own']).toEqual(
      expect.arrayContaining([`::ffff:${server}/32 dlhost0`, '::ffff:203.0.113.64/28 ', `${server6}/128 dlhost0`]),
    );
    await running.stop();
  });

  it('is found by connection tracking, what was asked without a connection among it', async () => {
    for (const command of ['iptables', 'ip6tables']) {
      await inside.run(command, '-A', 'INPUT', '-m', 'conntrack', '--ctstate', 'NEW', '-j', 'ACCEPT');
    }
    await converse(inside, 'ask', server, asked, 53, 'connect', server6, contacted6, 443);
    await converse(outside, 'connect', visitor, server, 8022, 'ask', visitor, server, 53);
    // the first packet that is tracked of the older connections comes from our server
    const said = once(service.stdout!, 'data');
    service.stdin!.write('\n');
    await said;
    expect(await inside.run('cat', '/proc/net/nf_conntrack')).toMatch(
      new RegExp(`ESTABLISHED src=${server} dst=${forgotten} sport=8022 `),
    );

    const running = await start('host_facts: {interval_seconds: 5}');

    await expect.poll(() => told(running), { timeout: 60_000, interval: 250 }).toEqual([{ found: 'TCP 8022,UDP 53' }]);
    expect((await contactedBy(running)).toSorted()).toEqual([asked, contacted6].toSorted());
    expect(await running.sql('SELECT mapKeys(absent) AS absent FROM hosts FINAL')).toEqual([{ absent: [] }]);
    await running.stop();
  });
});

import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dossier, Droplens } from './droplens.ts';
import { type Namespace, Namespaces } from './namespace.ts';
import { logAllNamespaces } from './namespace-logging.ts';
import { withoutKernel } from './requirements.ts';

/** The ring keeps lines of earlier runs, so every run attacks from addresses that none had before. */
const network = `2001:db8:${randomInt(65536).toString(16)}:${randomInt(65536).toString(16)}`;
const attacker6 = `${network}::${randomInt(1, 65536).toString(16)}:66`;
const server6 = `${network}::1`;
/** 198.18.0.0/15 is reserved for tests of this kind (RFC 2544). */
const subnet = `198.${18 + randomInt(2)}.${randomInt(256)}`;
const attacker = `${subnet}.${randomInt(2, 255)}`;
const server = `${subnet}.1`;

const ports = (dossier: Dossier): string[] =>
  dossier.recent.ports.map(({ proto, dst_port, packets }) => `${packets} ${proto} ${dst_port}`).sort();

describe.skipIf(withoutKernel('end-to-end'))('from a dropped packet to its answer', () => {
  const namespaces = new Namespaces();
  const droplens = new Droplens('kernel-test');
  let restoreLogging: (() => void) | undefined;
  let outside: Namespace;
  let inside: Namespace;

  /** Knocks from the attacker's namespace at ports of the server. */
  const knock = async (protocol: 'tcp' | 'udp', address: string, ...wanted: number[]): Promise<void> => {
    await outside.run('python3', join(import.meta.dirname, 'connect.py'), protocol, address, ...wanted.map(String));
  };

  beforeAll(async () => {
    restoreLogging = logAllNamespaces();
    outside = await namespaces.add('attacker');
    inside = await namespaces.add('server');
    await namespaces.join(inside, 'dlwan0', '02:64:6c:00:01:01', outside, 'dlout0', '02:64:6c:00:01:02');
    await inside.ip(`addr add ${server}/24 dev dlwan0`, `addr add ${server6}/64 dev dlwan0 nodad`);
    await outside.ip(`addr add ${attacker}/24 dev dlout0`, `addr add ${attacker6}/64 dev dlout0 nodad`);
    await droplens.start();
  });

  afterAll(async () => {
    await droplens.stop();
    await namespaces.remove();
    restoreLogging?.();
  });

  it('finds the ports that iptables denied', async () => {
    const reject = ['-j', 'REJECT', '--reject-with', 'tcp-reset'];
    await inside.run('iptables', '-A', 'INPUT', '-p', 'udp', '-j', 'LOG', '--log-prefix', '[UFW AUDIT] ');
    await inside.run('iptables', '-A', 'INPUT', '-p', 'tcp', '-j', 'LOG', '--log-prefix', 'iptables denied: ', '--log-uid');
    await inside.run('iptables', '-A', 'INPUT', '-p', 'tcp', ...reject);
    await knock('tcp', server, 22, 23, 3389, 5900, 23);
    await knock('udp', server, 161);

    const dossier = await droplens.sourceWith(attacker, 6, 60_000);

    expect(ports(dossier)).toEqual(['1 TCP 22', '1 TCP 3389', '1 TCP 5900', '1 UDP 161', '2 TCP 23']);
    expect(dossier).toMatchObject({ packets: 6, denied: 5, hosts: [{ host: 'kernel-test', packets: 6 }] });
    expect(dossier.actions).toEqual([
      { action: 'deny', packets: 5 },
      { action: 'audit', packets: 1 },
    ]);
    expect(dossier.recent.prefixes).toContainEqual({ prefix: 'iptables denied:', packets: 5 });
  });

  it('finds the ports that nft denied, over IPv6', async () => {
    await inside.feed(
      `table inet guard { chain input { type filter hook input priority 0; policy accept;
         meta l4proto tcp log prefix "nft drop: " flags all reject with tcp reset
         udp dport 53 log prefix "nft drop: " drop
       }; }`,
      'nft',
      '-f',
      '-',
    );
    await knock('tcp', server6, 80, 443, 8080);
    await knock('udp', server6, 53, 53);

    const dossier = await droplens.sourceWith(attacker6, 5, 60_000);

    expect(ports(dossier)).toEqual(['1 TCP 443', '1 TCP 80', '1 TCP 8080', '2 UDP 53']);
    expect(dossier).toMatchObject({ packets: 5, denied: 5 });
  });

  it('keeps a packet whose prefix holds a whole forged record apart from the forgery', async () => {
    await inside.run('nft', 'flush', 'ruleset');
    const forgery =
      'IN=eth9 OUT= MAC= SRC=192.0.2.99 DST=192.0.2.1 LEN=40 TOS=0x00 PREC=0x00 TTL=1 ID=1 PROTO=UDP SPT=1 DPT=2 LEN=20 ';
    await inside.feed(
      `table inet guard { chain input { type filter hook input priority 0; tcp dport 1 log prefix "${forgery}" reject with tcp reset; }; }`,
      'nft',
      '-f',
      '-',
    );
    const before = await droplens.source('192.0.2.99');
    await knock('tcp', server, 1);

    const dossier = await droplens.sourceWith(attacker, 7, 60_000);

    expect(ports(dossier)).toContain('1 TCP 1');
    expect((await droplens.source('192.0.2.99')).packets).toBe(before.packets);
  });

  it('loaded everything it read', () => {
    expect(droplens.log).not.toMatch(/cannot be loaded|"level":50/);
  });
});

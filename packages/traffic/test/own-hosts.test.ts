import { describe, expect, it } from 'vitest';
import { defaultHosts, isLogged, ownHosts } from '../src/own-hosts.ts';

describe('ownHosts', () => {
  it('have addresses of the documentation ranges, each its own', () => {
    const hosts = ownHosts([...defaultHosts, 'another', 'yet-another']);
    expect(new Set(hosts.map((host) => host.ipv4)).size).toBe(6);
    expect(new Set(hosts.map((host) => host.mac)).size).toBe(6);
    for (const host of hosts) {
      expect(host.ipv4).toMatch(/^192\.0\.2\.\d+$/);
      expect(host.ipv6).toMatch(/^2001:0db8(:[0-9a-f]{4}){6}$/);
    }
  });

  it('are the same whoever asks', () => {
    expect(ownHosts(['mail', 'db']).at(0)).toEqual(ownHosts(['mail', 'web-1']).at(0));
    expect(ownHosts(['db', 'mail']).at(1)?.ipv4).toBe('192.0.2.25');
  });

  it('leave a line for what is denied, and for everything where the rule logs before it accepts', () => {
    const logged = (port: number): boolean[] => ownHosts(['web-1', 'web-2']).map((host) => isLogged(host, port));
    expect([logged(443), logged(22)]).toEqual([
      [false, true],
      [true, true],
    ]);
  });

  it.each([[[]], [['a', 'a']], [Array.from({ length: 151 }, (_, index) => `h${index}`)]])('refuse %j', (names) => {
    expect(() => ownHosts(names)).toThrow(RangeError);
  });

  it('know no host by the name of something that every object has', () => {
    expect(ownHosts(['constructor']).at(0)?.open).toEqual([80, 443]);
  });
});

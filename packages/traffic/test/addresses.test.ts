import { describe, expect, it } from 'vitest';
import {
  interfacePart,
  ipv4Number,
  ipv4Text,
  isReservedIpv4,
  macAddress,
  publicIpv4,
  publicIpv6Network,
} from '../src/addresses.ts';
import { Random } from '../src/random.ts';

describe('isReservedIpv4', () => {
  it.each([
    '0.0.0.0',
    '0.255.255.255',
    '10.1.2.3',
    '100.64.0.0',
    '100.127.255.255',
    '127.0.0.1',
    '169.254.9.9',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.77',
    '192.88.99.1',
    '192.168.0.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.7',
    '203.0.113.255',
    '224.0.0.1',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
  ])('%s is reserved', (text) => {
    expect(isReservedIpv4(ipv4Number(text))).toBe(true);
  });

  it.each([
    '1.1.1.1',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.3.1',
    '198.17.255.255',
    '198.20.0.0',
    '203.0.112.255',
    '203.0.114.0',
    '223.255.255.255',
  ])('%s is public', (text) => {
    expect(isReservedIpv4(ipv4Number(text))).toBe(false);
  });
});

describe('public addresses', () => {
  it('are never reserved, and never a network or broadcast address of a /24', () => {
    const random = new Random(1);
    for (let turn = 0; turn < 50_000; turn += 1) {
      const address = publicIpv4(random);
      expect(isReservedIpv4(address) || address % 256 === 0 || address % 256 === 255).toBe(false);
    }
  });

  it('come from all parts of the world', () => {
    const random = new Random(2);
    const firstOctets = new Set(Array.from({ length: 20_000 }, () => publicIpv4(random) >>> 24));
    expect(firstOctets.size).toBeGreaterThan(120);
  });

  it('survive text and back', () => {
    for (const text of ['0.0.0.0', '128.0.0.1', '203.0.113.9', '255.255.255.255']) expect(ipv4Text(ipv4Number(text))).toBe(text);
  });

  it('are written as the kernel writes IPv6: eight groups of four', () => {
    const random = new Random(3);
    for (let turn = 0; turn < 1000; turn += 1) {
      const text = `${publicIpv6Network(random)}:${interfacePart(random)}`;
      expect(text).toMatch(/^2[4-9a-c][0-9a-f]{2}(:[0-9a-f]{4}){7}$/);
    }
  });

  it('have unicast MAC addresses of six octets', () => {
    const mac = macAddress(new Random(4));
    expect(mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    expect(Number.parseInt(mac.slice(0, 2), 16) & 1).toBe(0);
  });
});

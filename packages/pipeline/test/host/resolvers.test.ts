import { expect, test } from 'vitest';
import { parseNameserver } from '../../src/host/resolvers.ts';

test.each([
  ['nameserver 192.0.2.53', '192.0.2.53'],
  ['\tnameserver\t2001:DB8::53  # ours', '2001:db8::53'],
  ['nameserver fe80::1%eth0', 'fe80::1'],
  ['nameserver 127.0.0.53', null],
  ['nameserver ::1', null],
  ['nameserver', null],
  ['nameserver dns.example.org', null],
  ['#nameserver 192.0.2.53', null],
  ['; nameserver 192.0.2.53', null],
  ['search nameserver 192.0.2.53', null],
])('%s names %s', (line, address) => {
  expect(parseNameserver(line)).toBe(address);
});

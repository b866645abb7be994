import { expect, test } from 'vitest';
import { ServedPorts } from '../../src/host/served-ports.ts';

test('a UDP port of the range of clients is a service when two readings in a row have seen it', () => {
  const ports = new ServedPorts();
  const of = (...found: [proto: 'TCP' | 'UDP', port: number][]): string[] =>
    ports
      .of(
        found.map(([proto, port]) => ({ proto, address: '::', port })),
        [32_768, 60_999],
      )
      .map(({ proto, port }) => `${proto} ${port}`);
  expect(of(['TCP', 40_000], ['UDP', 53], ['UDP', 51_820])).toEqual(['TCP 40000', 'UDP 53']);
  expect(of(['UDP', 51_820], ['UDP', 33_333], ['UDP', 61_000])).toEqual(['UDP 51820', 'UDP 61000']);
  expect(of(['UDP', 51_820], ['UDP', 44_444])).toEqual(['UDP 51820']);
  expect(of(['UDP', 44_444], ['UDP', 33_333])).toEqual(['UDP 44444']);
});

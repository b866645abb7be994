import { describe, expect, test } from 'vitest';
import { AddressCache } from '../../src/geo/address-cache.ts';

function ask(cache: AddressCache, address: string, hash = 7): string | null {
  const bytes = Buffer.from(`xx${address}yy`, 'latin1');
  const out = new Uint8Array(64);
  const end = cache.copy(bytes, 2, bytes.length - 2, hash, new DataView(out.buffer), 3);
  return end < 0 ? null : Buffer.from(out.subarray(3, end)).toString();
}

describe('AddressCache', () => {
  test('asks once for an address, and again after clear', () => {
    const asked: string[] = [];
    const cache = new AddressCache((address) => `<${asked.push(address)}>`, 64);
    expect([ask(cache, '1.2.3.4'), ask(cache, '1.2.3.4'), ask(cache, '1.2.3.40'), ask(cache, '1.2.3.4')]).toEqual([
      '<1>',
      '<1>',
      '<2>',
      '<1>',
    ]);
    cache.clear();
    expect(ask(cache, '1.2.3.4')).toBe('<3>');
    expect(asked).toEqual(['1.2.3.4', '1.2.3.40', '1.2.3.4']);
  });

  test('never takes one address for another, whatever their hashes, and holds no more than its places', () => {
    let asked = 0;
    const cache = new AddressCache((address) => ((asked += 1), address.slice(0, 22)), 16);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 1000; i++) expect(ask(cache, `10.0.0.${i}`, 7)).toBe(`10.0.0.${i}`);
    }
    expect(asked).toBe(2000);
    for (let i = 996; i < 1000; i++) expect(ask(cache, `10.0.0.${i}`, 7)).toBe(`10.0.0.${i}`);
    expect(asked).toBe(2000);
  });

  test('remembers nothing of what is no address', () => {
    let asked = 0;
    const cache = new AddressCache(() => ((asked += 1), null), 16);
    expect([ask(cache, 'x'), ask(cache, 'x'), ask(cache, '', 0), ask(cache, 'x'.repeat(60))]).toEqual([null, null, null, null]);
    expect(asked).toBe(3);
  });

  test('keeps an empty value', () => {
    const cache = new AddressCache(() => '', 16);
    expect([ask(cache, '::1'), ask(cache, '::1')]).toEqual(['', '']);
  });
});

import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HostMemory, mostRemembered } from '../../src/host/host-memory.ts';
import { machineRoot } from './machine-root.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 10, 26);
let directory: string;
let path: string;
beforeEach(() => {
  directory = machineRoot({});
  path = join(directory, 'host/memory.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

const port = (proto: 'TCP' | 'UDP', number: number) => ({ proto, address: '::', port: number });
const known = (memory: HostMemory): string[] =>
  [...memory.contacted()].map(({ address, last }) => `${address} ${(last - start) / day}`);

test('what was seen is remembered for days, also after a restart', async () => {
  const memory = new HostMemory(path, 7 * day);
  await memory.load(start);
  memory.remember(['192.0.2.1', '2001:db8::1'], [port('TCP', 22), port('UDP', 53)], start);
  memory.remember(['192.0.2.1'], [port('TCP', 22)], start + day);
  await memory.save(0);
  const again = new HostMemory(path, 7 * day);
  await again.load(start + day);
  expect(known(again)).toEqual(['2001:db8::1 0', '192.0.2.1 1']);
  expect([again.served('TCP', 22), again.served('UDP', 53), again.served('UDP', 22)]).toEqual([true, true, false]);
  again.remember([], [], start + 7 * day + 1);
  expect(known(again)).toEqual(['192.0.2.1 1']);
  expect([again.served('TCP', 22), again.served('UDP', 53)]).toEqual([true, false]);
});

test('of too many, those seen last are remembered', () => {
  const memory = new HostMemory(path, 7 * day);
  const many = Array.from({ length: mostRemembered }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  expect(memory.remember(many, [], start)).toBe(0);
  expect(memory.remember(['10.0.0.0', '192.0.2.1', '192.0.2.2'], [], start + 1)).toBe(2);
  expect(memory.size).toBe(mostRemembered);
  expect([...memory.contacted()].map(({ address }) => address)).not.toContain('10.0.0.1');
  expect([...memory.contacted()].map(({ address }) => address)).toContain('10.0.0.0');
});

test('the file is written for what changed, not at every look', async () => {
  const memory = new HostMemory(path, 7 * day);
  await memory.save(0, true);
  expect(existsSync(path)).toBe(false);
  memory.remember(['192.0.2.1'], [], start);
  await memory.save(0);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  memory.remember(['192.0.2.2'], [], start);
  await memory.save(599_999);
  expect(readFileSync(path, 'utf8')).not.toContain('192.0.2.2');
  await memory.save(600_000);
  expect(readFileSync(path, 'utf8')).toContain('192.0.2.2');
  memory.remember(['192.0.2.3'], [], start);
  await memory.save(600_001, true);
  expect(readFileSync(path, 'utf8')).toContain('192.0.2.3');
});

test.each([
  '',
  '{',
  '[]',
  '{"version":2,"contacted":[],"served":[]}',
  '{"version":1,"contacted":[["192.0.2.1","now"]],"served":[]}',
])('a file of %j is damage, and the memory works all the same', async (text) => {
  mkdirSync(join(path, '..'));
  writeFileSync(path, text);
  const memory = new HostMemory(path, 7 * day);
  await expect(memory.load(start)).rejects.toMatchObject({ code: 'DL_HOST_MEMORY_DAMAGED', disposition: 'discard' });
  memory.remember(['192.0.2.1'], [], start);
  await memory.save(0);
  const again = new HostMemory(path, 7 * day);
  await again.load(start);
  expect(known(again)).toEqual(['192.0.2.1 0']);
});

test('what no address is, or comes from the future, does not stay', async () => {
  mkdirSync(join(path, '..'));
  writeFileSync(
    path,
    JSON.stringify({
      version: 1,
      contacted: [
        ['nobody', start],
        ['192.0.2.1', start + 999 * day],
      ],
      served: [],
    }),
  );
  const memory = new HostMemory(path, 7 * day);
  await memory.load(start);
  expect(known(memory)).toEqual(['192.0.2.1 0']);
});

test('a directory that cannot be written is said', async () => {
  writeFileSync(join(directory, 'host'), '');
  const memory = new HostMemory(path, 7 * day);
  memory.remember(['192.0.2.1'], [], start);
  await expect(memory.save(0)).rejects.toMatchObject({ code: 'DL_DATA_DIRECTORY' });
});

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EpochRegistry } from '../../src/collector/epoch-registry.ts';
import type { Head } from '../../src/collector/head-probe.ts';

let directory: string;
let registry: EpochRegistry;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'droplens-epochs-'));
  registry = new EpochRegistry(directory);
  await registry.start();
});
afterEach(() => rmSync(directory, { recursive: true }));

const head = (text: string, start = 0): Head => ({ firstLine: '77', start, bytes: Buffer.from(text) });

describe('EpochRegistry', () => {
  it('knows a content again, shorter or longer, also after a restart', async () => {
    const { id } = await registry.resolve(head('first\nsecond\n'));
    expect((await registry.resolve(head('first\n'))).id).toBe(id);
    expect((await registry.resolve(head('first\nsecond\nthird\n'))).id).toBe(id);
    expect((await new EpochRegistry(directory).resolve(head('first\nsecond\nthird\nfourth\n'))).id).toBe(id);
  });

  it('keeps contents apart that begin alike, or at another place', async () => {
    const ids = [];
    for (const one of [head('first\nsecond\n'), head('first\nother\n'), head('first\nsecond\n', 5)]) {
      ids.push((await registry.resolve(one)).id);
    }
    expect(new Set(ids).size).toBe(3);
    expect((await registry.resolve(head('first\nother\nmore\n'))).id).toBe(ids[1]);
  });

  it('gives one epoch to one of two at the same time, in two processes', async () => {
    const others = Array.from({ length: 8 }, () => new EpochRegistry(directory));
    const epochs = await Promise.all(others.map((other, index) => other.resolve(head(`first\n${index >> 1}\n`))));
    expect(new Set(epochs.map((epoch) => epoch.id)).size).toBe(4);
    for (let index = 0; index < 8; index += 2) expect(epochs[index]?.id).toBe(epochs[index + 1]?.id);
  });

  it('says when an epoch has gone on otherwise', async () => {
    const short = await registry.resolve(head('first\n'));
    const mine = await registry.extend(short, head('first\nmine\n'));
    expect(mine?.head.toString()).toBe('first\nmine\n');
    expect(await registry.extend(short, head('first\nyours\n'))).toBeNull();
  });

  it('remembers cuts', async () => {
    const epoch = await registry.resolve(head('first\n'));
    await registry.cut(epoch, 12);
    await registry.cut(epoch, 12);
    expect(await registry.cutsOf(epoch)).toEqual([12]);
    expect((await registry.resolve(head('first\nsecond\n'))).cuts).toEqual([12]);
  });

  it('does not trip over a damaged file, nor give its epoch to another content', async () => {
    const { id } = await registry.resolve(head('first\n'));
    for (const name of readdirSync(directory)) writeFileSync(join(directory, name), 'damage');
    const again = await registry.resolve(head('first\n'));
    expect(again.id).not.toBe(id);
    expect((await registry.resolve(head('first\n'))).id).toBe(again.id);
  });
});

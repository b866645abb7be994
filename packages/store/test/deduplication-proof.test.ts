import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type OpenedStore } from './opened-store.ts';

let opened: OpenedStore;
beforeAll(async () => {
  opened = await openStore();
}, 60_000);
afterAll(async () => await opened.close());

describe('proveDeduplication', () => {
  it('holds on this engine, and leaves nothing behind', async () => {
    const proof = await opened.store.proveDeduplication();
    expect(proof.steps.filter((step) => !step.holds)).toEqual([]);
    expect(proof.holds).toBe(true);
    expect(proof.steps).toHaveLength(5);
    expect(proof.version).toMatch(/^\d+\.\d+/);
    expect(await opened.value("SELECT count() FROM system.tables WHERE name LIKE 'proof_%'")).toBe(0);
    expect(await opened.value('SELECT count() FROM drops')).toBe(0);
  });
});

import { Gauge, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { AdminServer } from '../src/admin-server.ts';

describe('AdminServer', () => {
  const registry = new Registry();
  new Gauge({ name: 'droplens_test_value', help: 'a value', registers: [registry] }).set(7);
  let reason: string | null = 'the store does not answer yet';
  const server = new AdminServer({ listen: '127.0.0.1:0', registry, ready: () => reason });
  afterEach(() => server.stop());

  it('serves metrics, health, readiness, and nothing else', async () => {
    await server.start();
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`http://${server.address}${path}`);
      return [response.status, await response.text()];
    };
    expect((await get('/metrics'))[1]).toContain('droplens_test_value 7');
    expect(await get('/healthz')).toEqual([200, 'ok\n']);
    expect(await get('/readyz')).toEqual([503, 'the store does not answer yet\n']);
    reason = null;
    expect(await get('/readyz?verbose')).toEqual([200, 'ok\n']);
    expect((await get('/'))[0]).toBe(404);
  });

  it('says when its port is taken', async () => {
    await server.start();
    const second = new AdminServer({ listen: server.address, registry, ready: () => null });
    await expect(second.start()).rejects.toThrow('EADDRINUSE');
  });
});

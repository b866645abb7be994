import { expect, it } from 'vitest';
import { environmentLayer } from '../../src/config/environment-layer.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { printConfiguration } from '../../src/config/print.ts';

it('shows what is in force and where it comes from, without secrets', async () => {
  const variables = {
    DROPLENS_CONFIG: '/dev/null',
    DROPLENS_HOST: 'web-1',
    DROPLENS_STORE: '{kind: clickhouse, url: "http://reader:secret-a@db:8123", password: secret-b}',
    DROPLENS_SUGGEST__POLICY: '{api_token: secret-c}',
  };
  expect(environmentLayer(variables).values).toMatchObject({ host: 'web-1' });
  const text = printConfiguration(await loadConfiguration({ data: '/data' }, { variables, uid: 0 }));
  expect(text).not.toMatch(/secret-[abc]/);
  expect(text).toContain('host: web-1 # DROPLENS_HOST\n');
  expect(text).toContain('data: /data # --data\n');
  expect(text).toContain('  raw_days: 30 # default\n');
  expect(text).toContain('password: "********"');
});

import { defineConfig } from 'vitest/config';

/** Tests against the running kernel. One at a time: they share its one ring buffer and a machine-wide sysctl. */
export default defineConfig({
  resolve: { conditions: ['dev', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['dev', 'node', 'import', 'default'] } },
  test: {
    pool: 'forks',
    fileParallelism: false,
    include: ['test/kernel/**/*.test.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});

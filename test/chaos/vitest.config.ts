import { defineConfig } from 'vitest/config';

/** Kills of the real program. One at a time: they want the machine for themselves. */
export default defineConfig({
  resolve: { conditions: ['dev', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['dev', 'node', 'import', 'default'] } },
  test: { pool: 'forks', fileParallelism: false, include: ['test/chaos/**/*.test.ts'], testTimeout: 900_000 },
});

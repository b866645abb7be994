import { defineConfig } from 'vitest/config';

/** Log rotation with the real logrotate. One scenario at a time: a writer, a follower and logrotate race each other. */
export default defineConfig({
  resolve: { conditions: ['dev', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['dev', 'node', 'import', 'default'] } },
  test: { pool: 'forks', fileParallelism: false, include: ['test/torture/**/*.test.ts'], testTimeout: 3_600_000 },
});

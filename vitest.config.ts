import { defineConfig } from 'vitest/config';

/** Unit and embedded-engine tests. chDB holds one data directory per process: every test file gets its own process. */
export default defineConfig({
  resolve: { conditions: ['dev', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['dev', 'node', 'import', 'default'] } },
  test: {
    pool: 'forks',
    setupFiles: ['test/fuzz-seed.ts'],
    include: [
      'packages/*/test/**/*.test.ts',
      'test/*.test.ts',
      'test/corpus/**/*.test.ts',
      'test/docs/**/*.test.ts',
      'test/deploy/**/*.test.ts',
      'test/kafka/**/*.test.ts',
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

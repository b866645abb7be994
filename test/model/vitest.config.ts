import { defineConfig } from 'vitest/config';

/** Explores the delivery protocol's model: it takes processor time only. */
export default defineConfig({
  test: { pool: 'forks', include: ['test/model/**/*.test.ts'], testTimeout: 120_000 },
});

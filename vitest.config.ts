import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    // A process a file: a fault in native memory takes one file's tests with it, not the run.
    pool: 'forks',
    maxWorkers: 2,
    // The tests of buffers in flight collect garbage on purpose.
    execArgv: ['--expose-gc'],
    // Only a hang reaches these: on a loaded machine a test takes several times as long.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
  },
});

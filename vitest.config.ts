import { configDefaults, defineConfig } from 'vitest/config';

/** `scripts/test-long.sh`: more cases of the same tests, and the files called `*.long.test.ts`. */
const long = process.env.LSIO_LONG === '1';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(long ? [] : ['**/*.long.test.ts'])],
    // A process a file: a fault in native memory takes one file's tests with it, not the run.
    pool: 'forks',
    maxWorkers: 2,
    // The tests of buffers in flight collect garbage on purpose.
    execArgv: ['--expose-gc'],
    // Only a hang reaches these: on a loaded machine a test takes several times as long.
    testTimeout: long ? 3_600_000 : 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
  },
});

import { configDefaults, defineConfig } from 'vitest/config';

/** `scripts/test-long.sh`: more cases of the same tests, and the files called `*.long.test.ts`. */
const long = process.env.LSIO_LONG === '1';
/** The second leg of `scripts/test.sh`: the kernel refuses io_uring. */
const blocked = process.env.LSIO_TEST_BLOCKED === '1';

/**
 * What can differ where io_uring is blocked: how an engine is chosen, and what is read through the choice. The portable
 * engine's own tests are the same in the first leg; so is all that comes before or after reading.
 */
const CHOOSING = [
  'src/{engine/open,index,uring/*}.test.ts',
  'test/{block-syscalls,engine-*,fallback,rings,run-options,runtimes,start-up,worker-endings}.test.ts',
  'test/{bench,bench-trust,cache,child-runner,cli,crops,library,read,read-only,remote}.test.ts',
  'test/{get,get-direct,get-equal,get-kills,get-output,get-pipes,get-plan,get-requests,get-resume,get-tar,get-writers}.test.ts',
];

/** Folders whose tests are only calls: no state of the process, no native memory, no thread. They share a process. */
const CALLS = 'src/{array,codec,kernels,paths,plan,report,workload}/**/*.test.ts';

/** `scripts/long/coverage`: where processes and threads that tests start leave which code they ran. */
const coverage = process.env.LSIO_COVERAGE;

const include = ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts'];
const exclude = [...configDefaults.exclude, ...(long ? [] : ['**/*.long.test.ts'])];

export default defineConfig({
  test: {
    // A process a file: a fault in native memory takes one file's tests with it, not the run.
    pool: 'forks',
    maxWorkers: 2,
    // The tests of buffers in flight collect garbage on purpose.
    execArgv: ['--expose-gc'],
    // Only a hang reaches these: on a loaded machine a test takes several times as long.
    testTimeout: long ? 3_600_000 : 300_000,
    hookTimeout: 300_000,
    ...(coverage !== undefined && { env: { NODE_V8_COVERAGE: coverage } }),
    teardownTimeout: 10_000,
    projects: blocked
      ? [{ extends: true, test: { name: 'blocked', include: CHOOSING, exclude } }]
      : [
          { extends: true, test: { name: 'calls', include: [CALLS], exclude, isolate: false } },
          { extends: true, test: { name: 'apart', include, exclude: [...exclude, CALLS] } },
        ],
  },
});

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pattern } from '../src/engine/conformance-kit.js';
import { LONG } from '../src/long.testing.js';
import { named, noUring, runChild } from './helpers/engine-child.js';
import { runLsio } from './helpers/run-lsio.js';
import { compileLibrary, noCompiler } from './helpers/shared-library.js';

/*
 * Torture of the real ring: a liburing of ours counts the points at which something may fail, and then has each fail once,
 * in each way. The answer is the right bytes, or an error that names the file and why.
 */

const { EINTR, EAGAIN, EBUSY, ENOMEM, EIO, ECANCELED, EINVAL, EOPNOTSUPP } = constants.errno;
const ERRORS = [EINTR, EAGAIN, EBUSY, ENOMEM, EIO, ECANCELED, EINVAL, EOPNOTSUPP].map((errno) => -errno);
/** As in liburing-faults.c. */
const [CALL, OPERATION] = [1, 2];
const SHORT = [1, 2, 0];
const BROKEN = [1001, 1002, 1003];
const skip = noUring ?? noCompiler;
/** Sizes of the files; that of number N is called N. */
const SIZES = [700, 30_000, 0, 200_000];

let directory = '';
let library = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-torture-'));
  for (const [number, size] of SIZES.entries()) writeFileSync(path.join(directory, `${number}`), pattern(number, size));
  library = path.join(directory, 'liburing-faults.so');
  if (skip === undefined) compileLibrary('liburing-faults.c', library);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs the same reads again and again, each time with another fault, and says what came of each. */
function program(plans: readonly (readonly [kind: number, number: number, result: number])[]): string {
  return `
    const { LocalStore } = await import('ROOT/dist/index.js');
    const { loadKoffi } = await import('ROOT/dist/native/library.js');
    const library = loadKoffi().load(process.env.LSIO_LIBURING);
    const plan = library.func('void fault_plan(int, int, int)');
    const count = library.func('int fault_count(int)');
    const requests = [
      { key: '/0' }, { key: '/1' }, { key: '/2' },
      { key: '/3', range: { offset: 5, length: 100 } },
      { key: '/3', range: { offset: 60000, length: 20000 } },
      { key: '/3', range: { suffixLength: 33 } },
      { key: '/1', range: { offset: 9000, length: 500 } },
    ];
    const expected = requests.map(({ key, range }) => {
      const bytes = fs.readFileSync('${directory}' + key);
      if (range === undefined) return bytes;
      const offset = range.offset ?? bytes.length - range.suffixLength;
      return bytes.subarray(offset, offset + (range.length ?? range.suffixLength));
    });
    async function once() {
      let wrong = 0, right = 0;
      const errors = [];
      let engine, store;
      try {
        store = await LocalStore.open('${directory}', { queueDepth: 4 });
        engine = store.info.engine;
        for await (const batch of store.getMany(requests)) {
          for (const { ok, bytes, error, index } of batch) {
            if (!ok) errors.push(error.path !== undefined && error.code !== undefined ? error.code : error.message);
            else if (expected[index].equals(bytes)) right++;
            else wrong++;
          }
        }
      } catch (error) {
        errors.push(error.name === 'InvariantError' ? 'broken' : error.kind + ' ' + error.code);
      }
      await store?.close();
      return { wrong, right, errors, engine };
    }
    const outcomes = [];
    for (const [kind, number, result] of ${JSON.stringify(plans)}) {
      plan(kind, number, result);
      outcomes.push({ ...(await once()), calls: count(1), operations: count(2) });
    }
    console.log(JSON.stringify(outcomes));`;
}

interface Outcome {
  readonly wrong: number;
  readonly right: number;
  readonly errors: readonly string[];
  readonly engine: string;
  readonly calls: number;
  readonly operations: number;
}

describe.skipIf(skip !== undefined)(named('each point of a run fails once', skip), () => {
  const REQUESTS = 7;

  function run(plans: readonly (readonly [number, number, number])[]): Outcome[] {
    return runChild(program(plans), { env: { LSIO_LIBURING: library } }) as Outcome[];
  }

  /** All ways in which each of `count` points may fail; in the short suite each way at every third point. */
  function plansOf(kind: number, count: number, ways: readonly number[]): [number, number, number][] {
    const all = Array.from({ length: count }, (_, index) => index + 1).flatMap((number) =>
      ways.map((way): [number, number, number] => [kind, number, way]),
    );
    return LONG ? all : all.filter((_, index) => index % 3 === 0);
  }

  test('operations and calls of liburing: right bytes or errors with names', () => {
    const [clean] = run([[0, 0, 0]]);
    expect(clean).toMatchObject({ wrong: 0, right: REQUESTS, errors: [], engine: 'uring' });
    const plans = [
      ...plansOf(OPERATION, clean!.operations, [...ERRORS, ...SHORT]),
      ...plansOf(CALL, clean!.calls, [...ERRORS, 0, 1]),
    ];
    const outcomes = run(plans);
    let shown = 0;
    for (const [index, outcome] of outcomes.entries()) {
      const what = `kind,number,result ${plans[index]}: ${JSON.stringify(outcome)}`;
      expect(outcome.wrong, what).toBe(0);
      // A ring that is lost says so by an error of the whole run.
      if (outcome.errors.every((error) => !/^unavailable E[A-Z]+$/.test(error))) {
        expect(outcome.right + outcome.errors.length, what).toBe(REQUESTS);
        for (const error of outcome.errors) expect(error, what).toMatch(/^E[A-Z]+$/);
      }
      if (outcome.errors.length > 0 || outcome.engine !== 'uring') shown++;
    }
    expect(shown).toBeGreaterThan(plans.length / 4);
    if (LONG) process.stdout.write(`torture: ${plans.length} faults at ${clean!.operations + clean!.calls} points\n`);
  });

  test('completions that must not be: nothing wrong is given', () => {
    const [clean] = run([[0, 0, 0]]);
    const plans = plansOf(OPERATION, clean!.operations, BROKEN);
    const outcomes = run(plans);
    for (const [index, outcome] of outcomes.entries()) {
      const what = `kind,number,result ${plans[index]}: ${JSON.stringify(outcome)}`;
      expect(outcome.wrong, what).toBe(0);
      if (outcome.right < REQUESTS) expect(outcome.errors, what).toEqual(['broken']);
    }
    expect(outcomes.filter(({ errors }) => errors.length > 0).length).toBeGreaterThan(plans.length / 3);
  });

  test('lsio get stops with exit code 70 at such a completion, and gives no file its name', () => {
    const out = path.join(directory, 'out');
    mkdirSync(out);
    const args = ['get', '--engine', 'uring', '0', '1', '3', '-o', out];
    const { status, stderr } = runLsio(args, {
      cwd: directory,
      env: { LSIO_LIBURING: library, FAULT: `${OPERATION},4,1002` },
    });
    expect(stderr).toMatch(/broken invariant/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ status, left: existsSync(out) ? readdirSync(out) : [] }).toEqual({ status: 70, left: [] });
  });
});

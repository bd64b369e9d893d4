import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pattern } from '../src/engine/conformance-kit.js';
import { LONG } from '../src/long.testing.js';
import { named } from './helpers/engine-child.js';
import { runLsio } from './helpers/run-lsio.js';
import { compileLibrary, noCompiler } from './helpers/shared-library.js';

/*
 * Torture of the output: each call that makes, fills, links or renames a file fails once. Then all is well all the same,
 * or the exit code is 4 and stderr says why; and there is no part of a file under its name, nor any temporary file.
 */

const { ENOSPC, EIO, EINTR, EAGAIN, EDQUOT, EACCES, EBUSY, ENOMEM } = constants.errno;
/** 0: a write takes one byte. */
const WAYS = [ENOSPC, EIO, EINTR, 0, EAGAIN, EDQUOT, EACCES, EBUSY, ENOMEM];
const FILES = new Map([
  ['a', pattern(1, 5)],
  ['b', pattern(2, 100_000)],
]);
const OLD = Buffer.from('old');
const skip = process.platform === 'linux' ? noCompiler : 'LD_PRELOAD is for Linux';

let directory = '';
let library = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-torture-output-'));
  for (const [name, bytes] of FILES) writeFileSync(path.join(directory, name), bytes);
  library = path.join(directory, 'output-faults.so');
  if (skip === undefined) compileLibrary('output-faults.c', library);
});
afterAll(() => rmSync(directory, { recursive: true }));

describe.skipIf(skip !== undefined)(named('each output call fails once', skip), () => {
  const SCENARIOS = [
    { name: 'new files', args: [], old: false },
    { name: 'files replaced', args: ['--overwrite'], old: true },
  ];

  test.each(SCENARIOS)('$name', ({ args, old }) => {
    const out = path.join(directory, 'out');
    const count = path.join(directory, 'count');

    function run(at: number, errno: number) {
      rmSync(out, { recursive: true, force: true });
      if (old) {
        mkdirSync(out);
        for (const name of FILES.keys()) writeFileSync(path.join(out, name), OLD);
      }
      const fault = { FAULT_AT: `${at}`, FAULT_ERRNO: `${errno}`, FAULT_DIR: out, FAULT_COUNT: count };
      const env = { ...fault, LD_PRELOAD: library };
      return runLsio(['get', '-q', ...args, ...FILES.keys(), '-o', out], { cwd: directory, env });
    }

    /** How many files are there, each whole or as it was before; nothing else may be. */
    function survey(what: string): number {
      const names = existsSync(out) ? readdirSync(out) : [];
      let whole = 0;
      for (const name of names) {
        const bytes = readFileSync(path.join(out, name));
        if (FILES.get(name)?.equals(bytes)) whole++;
        else expect(old && FILES.has(name) && OLD.equals(bytes), `${what}: ${name}, ${bytes.length} bytes`).toBe(true);
      }
      if (old) expect(names.length, what).toBe(FILES.size);
      return whole;
    }

    expect(run(0, 0)).toMatchObject({ status: 0, stderr: '' });
    expect(survey('without a fault')).toBe(FILES.size);
    const points = Number(readFileSync(count, 'utf8'));
    expect(points).toBeGreaterThan(5);
    let failed = 0;
    for (let at = 1; at <= points; at++) {
      for (const errno of LONG ? WAYS : [WAYS[at % WAYS.length]!]) {
        const { status, stderr } = run(at, errno);
        const what = `point ${at} of ${points}, errno ${errno}, exit ${status}: ${stderr}`;
        expect(stderr, what).not.toMatch(/\n\s+at |FATAL|Error:/);
        const whole = survey(what);
        if (status === 0) expect(whole, what).toBe(FILES.size);
        else {
          expect(status, what).toBe(4);
          expect(stderr, what).toMatch(/\((E[A-Z]+)\)|no space|input\/output/i);
          failed++;
        }
      }
    }
    expect(failed).toBeGreaterThan(0);
    if (LONG) process.stdout.write(`output: ${points} points, each in ${WAYS.length} ways, ${failed} runs failed\n`);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, noUring } from './helpers/engine-child.js';
import { runLsio } from './helpers/run-lsio.js';

/* The kernel's own tracepoints as a witness: what was submitted was completed before the program ended. */

const NAMES = ['submit_req', 'complete', 'cqe_overflow', 'create'] as const;
const EVENTS = NAMES.map((name) => `io_uring:io_uring_${name}`).join(',');
const FILES = 3000;

const directory = mkdtempSync(path.join(tmpdir(), 'lsio-tracepoints-'));
const report = path.join(directory, 'report');
const perf = ['perf', 'stat', '-x', ',', '-e', EVENTS, '-o', report, '--'];

function whyNot(): string | undefined {
  if (noUring !== undefined) return noUring;
  const { status, stderr, error } = spawnSync(perf[0]!, [...perf.slice(1), 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `perf can't count: ${error?.message ?? stderr.trim()}`;
}
const skip = whyNot();

beforeAll(() => {
  mkdirSync(path.join(directory, 'files'));
  for (let file = 0; file < FILES; file++) {
    const bytes = Buffer.from(Array.from({ length: (file * 31) % 9000 }, (_, at) => (at + file) % 251));
    writeFileSync(path.join(directory, 'files', `${file}`), bytes);
  }
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What the kernel counted in a run of `lsio get` on all files and one that is not there. */
function countsOf(options: readonly string[]): Record<(typeof NAMES)[number], number> {
  const args = ['get', '-q', '--engine', 'uring', '--discard', ...options, '-r', 'files', 'absent'];
  expect(runLsio(args, { cwd: directory, under: perf }).status).toBe(1);
  const lines = readFileSync(report, 'utf8').split('\n');
  const counts = NAMES.map((name) => {
    const line = lines.find((each) => each.includes(`io_uring:io_uring_${name},`));
    return [name, Number(line?.split(',')[0])];
  });
  return Object.fromEntries(counts);
}

describe.skipIf(skip !== undefined)(named('tracepoints of io_uring', skip), () => {
  test.each([
    [1, []],
    [1, ['--direct', 'on']],
    [1, ['-R', '5-4000']],
    [1, ['--queue-depth', '1']],
    [3, []],
    [3, ['--direct', 'on']],
  ])('%d rings, options %j: what is submitted is completed, and no completion overflows', (rings, options) => {
    const counts = countsOf(['--rings', `${rings}`, ...options]);
    expect(counts).toMatchObject({ cqe_overflow: 0, create: rings });
    expect(counts.submit_req).toBeGreaterThan(FILES);
    const open = counts.submit_req - counts.complete;
    // A thread's poll of its bell and its timer end with its ring, where they are not counted.
    expect(open).toBeGreaterThanOrEqual(0);
    expect(open).toBeLessThanOrEqual(2 * (rings - 1));
  });
});

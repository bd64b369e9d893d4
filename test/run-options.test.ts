import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, noUring } from './helpers/engine-child.js';
import { documentOf, runLsio } from './helpers/run-lsio.js';

let directory = '';
let files = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-run-options-'));
  files = path.join(directory, 'files');
  const shape = ['--count', '2', '--size', '4Ki', '--big-size', '64Mi', '--with', 'lsio'];
  expect(runLsio(['files', 'create', '--dir', files, ...shape]).status).toBe(0);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The commands that measure, with what makes one case of theirs short. */
const BENCH = ['bench', '--engines', 'sync', '--cache', 'as-is', '--reads', '1000'];
const COMPARE = ['compare-fio', '--self', '--cache', 'as-is', '--queue-depth', '8', '--reads', '1000'];
const TUNE = ['tune', '--engine', 'node', '--rings', '1', '--queue-depth', '4', '--cache', 'warm', '--reads', '256'];
const COMMANDS = [
  { name: 'bench', args: BENCH, skip: undefined },
  { name: 'compare-fio', args: COMPARE, skip: noUring },
  { name: 'tune', args: [...TUNE, '--block-size', '4Ki'], skip: undefined },
];

function measure(args: readonly string[]) {
  return runLsio([...args, '--files', files, '--case', 'big-random']);
}

/** The lines of the log, and what else is said. */
function said(stderr: string): { readonly log: Record<string, unknown>[]; readonly rest: string } {
  const lines = stderr.split('\n');
  return {
    log: lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)),
    rest: lines.filter((line) => !line.startsWith('{')).join('\n'),
  };
}

describe.each(COMMANDS)('lsio $name', ({ name, args, skip }) => {
  test.skipIf(skip !== undefined)(named('--timeout ends it as it ends get, with what is complete', skip), () => {
    const result = measure([...args, '--runs', '1000', '--timeout', '1', '--json']);
    expect([result.status, result.stderr]).toEqual([1, 'lsio: not done after 1 s\n  → a longer --timeout\n']);
    const document = documentOf(result);
    const error = { kind: 'read', code: 'ETIMEDOUT', message: 'not done after 1 s', remedy: 'a longer --timeout' };
    if (name === 'tune') expect(document).toMatchObject({ interrupted: true, points: [] });
    else expect(document).toMatchObject({ interrupted: true, error, exitCode: 1 });
  });

  test.each(['0', 'x'])('--timeout %s is a usage error', (timeout) => {
    const { status, stdout, stderr } = measure([...args, '--timeout', timeout]);
    expect([status, stdout.toString()]).toEqual([2, '']);
    expect(stderr).toMatch(/^lsio: --timeout: "/);
  });
});

describe('lsio bench', () => {
  test('within its time limit it is as without', () => {
    const { status, stderr, stdout } = measure([...BENCH, '--runs', '1', '--min-time', '100ms', '--timeout', '10m']);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.toString()).toContain('big-random · as-is');
  });

  test('-v logs every case that is complete, also where time is up', () => {
    const depths = Array(200).fill('1').join();
    const result = measure([
      ...BENCH,
      '--runs',
      '2',
      '--queue-depth',
      depths,
      '--timeout',
      '4',
      '--min-time',
      '100ms',
      '-v',
      '--json',
    ]);
    expect(result.status).toBe(1);
    const { log, rest } = said(result.stderr);
    expect(rest).toBe('lsio: not done after 4 s\n  → a longer --timeout\n');
    const { cases, interrupted } = documentOf(result) as { cases: Record<string, unknown>[]; interrupted: boolean };
    expect(interrupted).toBe(true);
    expect(cases.length).toBeLessThan(200);
    expect(log).toMatchObject(
      cases.map(({ bytesPerSecond }) => ({
        ...{ level: 'info', msg: 'measured', case: 'big-random', cache: 'as-is', direct: false, engine: 'sync' },
        bytesPerSecond,
      })),
    );
  });

  test('--log-level debug logs every run, too', () => {
    const { status, stderr } = measure([...BENCH, '--runs', '1', '--min-time', '100ms', '--log-level', 'debug']);
    expect(status).toBe(0);
    expect(said(stderr)).toMatchObject({
      log: [
        { level: 'debug', msg: 'step', text: 'big-random as-is sync, start', done: 0, total: 2 },
        { level: 'debug', msg: 'step', text: 'big-random as-is sync, run 1 of 1', done: 1, total: 2 },
        { level: 'info', msg: 'measured', queueDepth: 1, rings: 1, readOrder: 'given' },
      ],
      rest: '',
    });
  });
});

describe('lsio compare-fio', () => {
  test.skipIf(noUring !== undefined)(named('-v logs every comparison', noUring), () => {
    const result = measure([...COMPARE, '--runs', '1', '--min-time', '100ms', '-v', '--json']);
    expect(result.status).toBe(0);
    const { comparisons } = documentOf(result) as { comparisons: [{ ratio: number; verdict: string }] };
    const [{ ratio, verdict }] = comparisons;
    expect(said(result.stderr)).toMatchObject({
      log: [{ level: 'info', msg: 'measured', case: 'big-random', baseline: 'self', queueDepth: 8, ratio, verdict }],
      rest: '',
    });
  });
});

describe('lsio tune', () => {
  test('-v logs the engine', () => {
    const { status, stderr } = measure([...TUNE, '--block-size', '4Ki', '--runs', '1', '-v']);
    expect(status).toBe(0);
    expect(said(stderr)).toMatchObject({
      log: [{ level: 'info', msg: 'engine', engine: 'node', reason: 'asked for', direct: false }],
      rest: '',
    });
  });
});

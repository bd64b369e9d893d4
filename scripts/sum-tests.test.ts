import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const SUM_TESTS = path.resolve(import.meta.dirname, 'sum-tests.js');
const root = mkdtempSync(path.join(tmpdir(), 'sum-tests-'));

afterAll(() => {
  rmSync(root, { recursive: true });
});

/** Runs the sum over one report per argument (a string is written as it is) after `options`. */
function sum({ reports, options = [] }: { reports: unknown[]; options?: string[] }) {
  const names = reports.map((report, i) => {
    const name = path.join(root, `run ${i}.json`);
    writeFileSync(name, typeof report === 'string' ? report : JSON.stringify(report));
    return name;
  });
  const { status, stdout } = spawnSync(process.execPath, [SUM_TESTS, ...options, ...names], { encoding: 'utf8' });
  return { status, lines: stdout.trimEnd().split('\n') };
}

function testFile(...statuses: string[]) {
  const assertionResults = statuses.map((status, i) => ({ fullName: `test ${i}`, status }));
  return {
    name: 'a.test.ts',
    status: statuses.includes('failed') ? 'failed' : 'passed',
    message: '',
    assertionResults,
  };
}

describe('sum-tests', () => {
  test('adds the runs up and names what was skipped', () => {
    const reports = [
      { success: true, testResults: [testFile('passed', 'passed'), testFile('passed', 'skipped')] },
      { success: true, testResults: [testFile('passed', 'todo')] },
    ];
    expect(sum({ reports, options: ['--skipped', 'no compiler'] })).toEqual({
      status: 0,
      lines: [
        'skipped: no compiler',
        'skipped: run 0: test 1',
        'skipped: run 1: test 1',
        '4 passed, 0 failed, 3 skipped',
      ],
    });
  });

  test('a failed test fails the sum', () => {
    expect(sum({ reports: [{ success: false, testResults: [testFile('passed', 'failed')] }] })).toEqual({
      status: 1,
      lines: ['failed: run 0: test 1', '1 passed, 1 failed, 0 skipped'],
    });
  });

  test('a file that cannot be loaded counts as one failure', () => {
    const broken = { name: 'b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] };
    expect(sum({ reports: [{ success: false, testResults: [testFile('passed'), broken] }] })).toEqual({
      status: 1,
      lines: ['failed: run 0: b.test.ts: no such module', '1 passed, 1 failed, 0 skipped'],
    });
  });

  test('an error outside of any test counts as one failure', () => {
    const { status, lines } = sum({ reports: [{ success: false, testResults: [testFile('passed')] }] });
    expect(lines.at(-1)).toBe('1 passed, 1 failed, 0 skipped');
    expect(status).toBe(1);
  });

  test.each(['', '{"success": tr', 'null', '{}'])('an unsound report %j counts as one failure', (report) => {
    const { status, lines } = sum({ reports: [report, { success: true, testResults: [testFile('passed')] }] });
    expect(lines.at(-1)).toBe('1 passed, 1 failed, 0 skipped');
    expect(status).toBe(1);
  });

  test('no report, or a missing one, is a failure', () => {
    expect(sum({ reports: [] }).status).toBe(1);
    expect(sum({ reports: [], options: [path.join(root, 'missing.json')] }).status).toBe(1);
  });
});

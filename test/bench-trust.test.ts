import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { named, noUring } from './helpers/engine-child.js';
import { documentOf, runLsio } from './helpers/run-lsio.js';

/*
 * Numbers that can be trusted: what must not pass for a result, doesn't.
 */

const noFio = spawnSync('fio', ['--version']).status === 0 ? undefined : 'fio is missing: apt-get install fio';

let directory = '';
let files = '';

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-trust-'));
  files = path.join(directory, 'files');
  const made = runLsio([
    'files',
    'create',
    '--dir',
    files,
    '--count',
    '20',
    '--size',
    '64Ki',
    '--big-size',
    '0',
    '--with',
    'lsio',
  ]);
  expect(made.status).toBe(0);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Maps all files into its memory, which keeps their pages in the page cache whatever the kernel is told. */
const KEEPER = `
const { openSync, readdirSync, statSync } = require('node:fs');
const mmap = require('koffi').load('libc.so.6').func('void *mmap(uintptr_t, size_t, int, int, int, int64_t)');
const [READ, SHARED, POPULATE] = [1, 1, 0x8000];
for (const name of readdirSync('.')) {
  const { size } = statSync(name);
  if (size > 0) mmap(0, size, READ, SHARED | POPULATE, openSync(name, 'r'), 0);
}
process.send('mapped');
setInterval(() => {}, 1000);
`;

test(named('a cold run that finds its pages resident is caught, counted out and said', undefined), async () => {
  const keeper = spawn(process.execPath, ['-e', KEEPER], {
    cwd: files,
    env: { ...process.env, NODE_PATH: path.resolve(import.meta.dirname, '../node_modules') },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    await once(keeper, 'message');
    const args = [
      '--files',
      files,
      '--case',
      'whole-files',
      '--cache',
      'cold',
      '--engines',
      'sync',
      '--runs',
      '2',
      '--min-time',
      '100ms',
    ];
    const { status, stdout } = runLsio(['bench', ...args, '--json']);
    // biome-ignore lint/suspicious/noExplicitAny: the schema has proven what it is
    const document = documentOf({ stdout }) as any;
    expect(status).toBe(0);
    const [entry] = document.cases;
    expect(entry).toMatchObject({ bytesPerSecond: null, operationsPerSecond: null });
    expect(entry.runs.map((run: { valid: boolean }) => run.valid)).toEqual([false, false]);
    expect(entry.runs[0].residentBytesBefore).toBeGreaterThanOrEqual(20 * 64 * 1024);
    expect(document.warnings).toContainEqual(expect.objectContaining({ kind: 'cold-was-warm' }));
    if (noFio !== undefined || noUring !== undefined) return;
    const compared = runLsio(['compare-fio', ...args.filter((arg) => arg !== '--engines' && arg !== 'sync')]);
    expect(compared).toMatchObject({ status: 3, stdout: Buffer.from('') });
    expect(compared.stderr).toContain('no pair of runs found the cache in that state');
  } finally {
    keeper.kill();
  }
});

describe.skipIf(noFio !== undefined || noUring !== undefined)(
  named('a fio that did other work', noFio ?? noUring),
  () => {
    /** A fio that reports what the function makes of the real one's report. */
    function fioThat(change: string): string {
      const stub = path.join(directory, 'fio');
      writeFileSync(
        stub,
        `#!${process.execPath}
const { spawnSync } = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const { status } = spawnSync('fio', process.argv.slice(2), { stdio: 'inherit' });
const output = process.argv.find((arg) => arg.startsWith('--output='))?.slice('--output='.length);
if (output !== undefined) {
  const report = JSON.parse(readFileSync(output, 'utf8').replace(/^[^{]*/, ''));
  const { read } = report.jobs[0];
  ${change};
  writeFileSync(output, JSON.stringify(report, null, 1));
}
process.exit(status);
`,
      );
      chmodSync(stub, 0o755);
      return stub;
    }

    test.each([
      ['one read less', 'read.total_ios -= 1'],
      ['one byte more', 'read.io_bytes += 1'],
    ])('%s: no ratio, exit 5, and the difference is said', (_, change) => {
      const args = [
        'compare-fio',
        '--files',
        files,
        '--case',
        'whole-files',
        '--cache',
        'warm',
        '--runs',
        '2',
        '--min-time',
        '100ms',
      ];
      const { status, stdout, stderr } = runLsio(args, { env: { LSIO_FIO: fioThat(change) } });
      expect({ status, stdout: stdout.toString() }).toEqual({ status: 5, stdout: '' });
      expect(stderr).toMatch(/fio made \d+ reads of \d+ bytes in all, not \d+ of \d+/);
    });
  },
);

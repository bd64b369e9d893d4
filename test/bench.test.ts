import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { READERS } from '../src/bench/reader.js';
import { named, noUring } from './helpers/engine-child.js';
import { documentOf, runLsio } from './helpers/run-lsio.js';

/** Each counted run takes a second, and some of these tests have dozens. */
const LIMIT_MS = 110_000;
vi.setConfig({ testTimeout: LIMIT_MS + 10_000 });

const noFio = spawnSync('fio', ['--version']).status === 0 ? undefined : 'fio is missing: apt-get install fio';

let directory = '';
let files = '';

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'lsio-bench-'));
  files = path.join(directory, 'files');
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The JSON document that the binary prints, which keeps to its schema. */
function documentFrom({ stdout }: { readonly stdout: string }) {
  // biome-ignore lint/suspicious/noExplicitAny: the schema has proven what it is
  return documentOf({ stdout: Buffer.from(stdout) }) as any;
}

/** fio's job files lie in TMPDIR, by names that other tests may take as well. */
function lsio(...args: string[]) {
  const { status, stdout, stderr } = runLsio(args, { env: { TMPDIR: directory }, limitMs: LIMIT_MS });
  return { status, stdout: stdout.toString(), stderr };
}

describe('lsio files', () => {
  test('create makes files that check proves, and finds them the next time', () => {
    const args = [
      'files',
      'create',
      '--dir',
      files,
      '--count',
      '30',
      '--size',
      '16Ki',
      '--big-size',
      '64Mi',
      '--with',
      'lsio',
    ];
    expect(lsio(...args)).toEqual({
      status: 0,
      stdout: `${files}: 31 files, 64.5 MiB, laid out by lsio; 31 made, 0 kept\n`,
      stderr: '',
    });
    expect(lsio(...args).stdout).toContain('0 made, 31 kept');
    expect(lsio('files', 'check', '--dir', files)).toMatchObject({
      status: 0,
      stdout: `${files}: 31 files, 64.5 MiB: every byte is as it was made\n`,
    });
  });

  test('--json prints a document of its schema, whatever is done and however it ends', () => {
    const dir = path.join(directory, 'documents');
    const shape = ['--count', '2', '--size', '4Ki', '--big-size', '0', '--with', 'lsio'];
    expect(documentFrom(lsio('files', 'create', '--dir', dir, ...shape, '--json'))).toMatchObject({
      ...{ action: 'create', made: 2, kept: 0, laidOutBy: 'lsio' },
    });
    writeFileSync(path.join(dir, 'f1'), Buffer.alloc(4096));
    const checked = lsio('files', 'check', '--dir', dir, '--json');
    expect(checked.status).toBe(1);
    expect(documentFrom(checked)).toMatchObject({ files: 2, damage: [{ path: path.join(dir, 'f1') }] });
    // What isn't as lsio made it may be somebody's.
    const removed = documentFrom(lsio('files', 'rm', '--dir', dir, '--json'));
    expect(removed).toMatchObject({ removed: 1, left: [path.join(dir, 'f1')] });
    const failed = lsio('files', 'check', '--dir', dir, '--json');
    expect(failed.status).toBe(2);
    expect(documentFrom(failed)).toMatchObject({ error: { kind: 'usage' }, exitCode: 2 });
  });

  test('check finds a damaged file', () => {
    const damaged = path.join(directory, 'damaged');
    lsio('files', 'create', '--dir', damaged, '--count', '2', '--size', '4Ki', '--big-size', '0', '--with', 'lsio');
    writeFileSync(path.join(damaged, 'f1'), Buffer.alloc(4096));
    const { status, stderr } = lsio('files', 'check', '--dir', damaged);
    expect(status).toBe(1);
    expect(stderr).toContain(path.join(damaged, 'f1'));
    writeFileSync(path.join(damaged, 'foreign'), 'stays');
    expect(lsio('files', 'rm', '--dir', damaged).status).toBe(0);
    expect(readdirSync(damaged)).toContain('foreign');
  });
});

describe('lsio bench', () => {
  test.skipIf(noUring !== undefined)(named('measures every reader on the same work', noUring), () => {
    const { status, stdout } = lsio(
      ...['bench', '--files', files, '--case', 'whole-files', '--case', 'big-random', '--reads', '500'],
      ...[
        '--engines',
        READERS.join(','),
        '--cache',
        'as-is',
        '--runs',
        '2',
        '--verify',
        'all',
        '--json',
        '--min-time',
        '20ms',
      ],
    );
    expect(status).toBe(0);
    const { schema, cases, interrupted } = documentFrom({ stdout });
    expect([schema, interrupted]).toEqual(['lsio.bench/1', false]);
    expect(cases.map((entry: { case: string; engine: string }) => `${entry.case} ${entry.engine}`)).toEqual(
      ['whole-files', 'big-random'].flatMap((name) => READERS.map((engine) => `${name} ${engine}`)),
    );
    for (const entry of cases) {
      expect([entry.operations, entry.bytes]).toEqual(
        entry.case === 'whole-files' ? [30, 30 * 16_384] : [500, 500 * 4096],
      );
      expect(entry.verified).toBe('all');
      expect(entry.bytesPerSecond).toBeGreaterThan(0);
      // Two runs have no interval.
      expect([entry.bytesPerSecondLow, entry.bytesPerSecondHigh]).toEqual([null, null]);
      expect(entry.runs).toHaveLength(2);
      for (const run of entry.runs) expect(run.bytes).toBe(entry.bytes * entry.passes);
    }
  });

  test('merges blocks where that pays, and says so', () => {
    interface Entry {
      readonly operations: number;
      readonly bytes: number;
      readonly passes: number;
      readonly runs: [{ operations: number; bytes: number; reads: number | null; bytesRead: number }];
    }
    const args = [
      'bench',
      '--files',
      files,
      '--case',
      'big-gaps',
      '--cache',
      'as-is',
      '--direct',
      'off',
      '--runs',
      '1',
      '--min-time',
      '20ms',
    ];
    function figures(engine: string, ...more: string[]) {
      const { cases } = documentFrom(lsio(...args, '--engines', engine, '--verify', 'all', '--json', ...more));
      const [{ operations, bytes, passes, runs }] = cases as [Entry];
      const [run] = runs;
      expect([run.operations / passes, run.bytes / passes]).toEqual([operations, bytes]);
      return run.reads === null ? null : [operations, run.reads / passes, run.bytesRead / passes - bytes];
    }
    // 64 MiB by blocks of 4 KiB. Of Node's own calls it isn't known how they read.
    expect(figures('sync')).toBeNull();
    expect(figures('node')).toEqual([964, 964, 0]);
    expect(figures('node', '--gap', '4Ki', '--coalesce', 'off')).toEqual([8192, 8192, 0]);
    expect(figures('node', '--coalesce', '64Ki', '--max-read', '2k')).toEqual([964, 1928, 0]);
    // getMany merges what has come by then.
    const [, reads = 0, gaps = 0] = figures('node', '--gap', '4Ki') ?? [];
    expect(reads).toBeGreaterThanOrEqual(256);
    expect(reads).toBeLessThan(512);
    expect(gaps).toBe((8192 - reads) * 4096);
    const text = lsio(...args, '--engines', 'node', '--gap', '4Ki', '--max-read', '20k').stdout;
    expect(text.replaceAll('\n', ' ')).toMatch(
      /node merged 8,192 blocks into 2,7\d\d reads, which brought 21\.3 MiB of gaps/,
    );
  });

  test('takes the directory as an argument', () => {
    const args = ['--case', 'big-random', '--reads', '10', '--engines', 'sync', '--cache', 'as-is', '--runs', '1'];
    const { status, stdout } = lsio('bench', files, ...args, '--min-time', '1ms', '--json');
    expect(status).toBe(0);
    expect(documentFrom({ stdout })).toMatchObject({
      environment: { dir: files },
      commandLine: `lsio bench ${files} ${args.join(' ')} --min-time 1ms --json`,
    });
    for (const command of ['bench', 'compare-fio', 'tune']) {
      expect(lsio(command, files, '--files', directory)).toMatchObject({
        status: 2,
        stderr: `lsio: two directories, ${files} and --files ${directory}\n  → name one\n`,
      });
    }
  });

  test('names the command that makes files where there are none', () => {
    const empty = path.join(directory, 'empty');
    mkdirSync(empty);
    expect(lsio('bench', '--files', empty)).toEqual({
      status: 2,
      stdout: '',
      stderr: `lsio: ${empty}: holds no files\n  → lsio files create --dir ${empty}\n`,
    });
    const { status, stdout } = lsio('bench', '--files', path.join(directory, 'absent'), '--json');
    expect(status).toBe(2);
    expect(documentFrom({ stdout })).toMatchObject({ schema: 'lsio.bench/1', error: { kind: 'usage' }, exitCode: 2 });
  });

  test.each([
    [['--queue-depth', '0'], '--queue-depth'],
    [['--queue-depth', '1000000000'], '--queue-depth'],
    [['--runs', '0'], '--runs'],
    [['--engines', 'warp'], '--engines'],
    [['--case', 'none'], '--case'],
    [['--block-size', '4x'], '--block-size'],
  ])('refuses %j', (args, option) => {
    const { status, stdout, stderr } = lsio('bench', '--files', files, ...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(new RegExp(`^lsio: ${option}`));
  });

  test('says so when a file changes under it', () => {
    const changing = path.join(directory, 'changing');
    lsio('files', 'create', '--dir', changing, '--count', '2', '--size', '4Ki', '--big-size', '0', '--with', 'lsio');
    truncateSync(path.join(changing, 'f0'), 100);
    // The manifest says 4 KiB, the listing 100 bytes: what counts is what is there, compared with node:fs.
    const { status } = lsio(
      'bench',
      '--files',
      changing,
      '--engines',
      'sync',
      '--cache',
      'as-is',
      '--runs',
      '1',
      '--verify',
      'all',
      '--min-time',
      '20ms',
    );
    expect(status).toBe(0);
  });
});

describe('lsio compare-fio', () => {
  const skip = noUring ?? noFio;
  test.skipIf(skip !== undefined)(named('gives a ratio for the same work on both sides', skip), () => {
    const { status, stdout } = lsio(
      ...['compare-fio', '--files', files, '--case', 'whole-files', '--case', 'big-random', '--reads', '500'],
      ...['--cache', 'warm', '--queue-depth', '8', '--runs', '2', '--json', '--min-time', '100ms'],
    );
    expect(status).toBe(0);
    const { schema, comparisons } = documentFrom({ stdout });
    expect(schema).toBe('lsio.compare-fio/1');
    expect(comparisons.map((entry: { case: string; baseline: string }) => `${entry.case} ${entry.baseline}`)).toEqual([
      ...['whole-files matched', 'whole-files classic', 'big-random matched'],
    ]);
    for (const entry of comparisons) {
      expect(entry.ratioLow).toBeLessThanOrEqual(entry.ratio);
      expect(entry.ratioHigh).toBeGreaterThanOrEqual(entry.ratio);
      expect(['faster', 'slower', 'equal', 'undecided']).toContain(entry.verdict);
      expect(entry.fio.commandLine).toMatch(/^cd .* && .*fio /);
      expect(entry.lsio.commandLine).toMatch(/^lsio bench /);
      for (const side of [entry.lsio, entry.fio]) {
        for (const run of side.runs) {
          expect([run.operations, run.bytes]).toEqual([entry.operations * entry.passes, entry.bytes * entry.passes]);
        }
      }
    }
  });

  test.skipIf(noUring !== undefined)(named('without fio ends with the install line', noUring), () => {
    const { status, stderr } = runLsio(['compare-fio', '--files', files, '--case', 'big-random', '--reads', '10'], {
      env: { LSIO_FIO: '/nonexistent/fio' },
    });
    expect(status).toBe(3);
    expect(stderr).toContain('apt-get install fio');
  });
});
